/**
 * How worlds of a family are trained, measured and made small, as interfaces. A family's own code for it is loaded when it is
 * asked for (`WorldModel.training`), so that players and pages never have it. What runs it (steps, optimizer, checkpoints, logs;
 * rollouts; schemes) knows no part of a world by name.
 */
import type {
  Executor,
  Graph,
  GraphBuilder,
  Shape,
  Tensor,
  TensorData,
  VariableStore,
} from '@snowglobe/graph';
import type { JumpableRandomGenerator } from 'pure-rand/types/JumpableRandomGenerator';
import type { Label, Recordings } from '../recordings.js';
import type { FrameConfig, FrameOptions } from './frame.js';
import type { FamilyQuantization } from './quantization.js';

/** Inputs of a training step, by name. */
export type Batch = Readonly<Record<string, TensorData>>;

/** How long a stage trains. `minutes` count the training of all sessions together. */
export type Budget = { readonly steps: number } | { readonly minutes: number };

/** A budget, and what else a stage plans in numbers, such as `starts`. */
export type StagePlan = Budget & Readonly<Record<string, number>>;

/** How the learning rate changes: up over the first steps, flat, then down in a line to the end of the budget. */
export interface Schedule {
  /** Steps until the full rate is reached; default 100, at most a tenth of a budget in steps. */
  readonly warmupSteps: number;
  /** Share of the budget after which the rate falls; default 0.3. */
  readonly flatUntil: number;
  /** Share of the rate that is left at the end; default 0.03. */
  readonly finalShare: number;
}

/** AdamW (Loshchilov & Hutter 2019). */
export interface AdamwOptions {
  /** Rate before the schedule; default 1e-3. */
  readonly learningRate: number;
  /** Decay of the first moment; default 0.9. */
  readonly beta1: number;
  /** Decay of the second moment; default 0.95. */
  readonly beta2: number;
  /** Added to the root of the second moment; default 1e-8. */
  readonly epsilon: number;
  /** Decoupled weight decay of parameters with two axes or more, as a share of the rate; default 0.01. */
  readonly decay: number;
}

/** Muon (Jordan et al. 2024): momentum whose matrix is made orthogonal. */
export interface MuonOptions {
  /** Rate before the schedule; default 0.01. */
  readonly learningRate: number;
  /** Decay of the momentum, which is applied in Nesterov's form; default 0.95. */
  readonly momentum: number;
  /** Decoupled weight decay as a share of the rate; default 0.01. */
  readonly decay: number;
  /** Which parameters it moves; default `isMuonParameter`. AdamW moves the others. */
  readonly applies: (name: string, shape: Shape) => boolean;
}

/** Which optimizer trains which parameters, and how gradients are clipped. */
export interface OptimizerOptions {
  /** `false` gives every parameter to AdamW. */
  readonly muon?: Partial<MuonOptions> | false;
  readonly adamw?: Partial<AdamwOptions>;
  /** Largest norm of all gradients together; default 1, `Infinity` for no limit. */
  readonly clip?: number;
  /** Decay of a moving average of the weights, kept in `optimizer/average/…`; none by default. */
  readonly average?: number;
}

/** What a stage learns by: a loss, and batches for it. */
export interface StageDefinition {
  /** Builds the loss, a scalar, and scalars to log. Parameters come from `parameter()`. */
  readonly build: (builder: GraphBuilder) => {
    readonly loss: Tensor;
    readonly metrics?: Readonly<Record<string, Tensor>>;
  };
  /**
   * The inputs of a step, by input name. Whatever it draws from `random` depends on the seed and the step alone, so
   * that a resumed run sees the batches that an uninterrupted one would have seen.
   * @param step counted from 1
   */
  readonly batches: (step: number, random: JumpableRandomGenerator) => Batch | Promise<Batch>;
  /** Frames in a batch, for the rate. */
  readonly framesPerStep: number;
  readonly schedule?: Partial<Schedule>;
  /** What a parameter starts from when it is trained for the first time, in place of its own rule; by its full name. */
  readonly firstWeights?: (parameter: string) => Promise<Float32Array | undefined>;
  readonly optimizer?: OptimizerOptions;
  /** Which parameters a world that is gone on from may lack, by their full names: they begin by their own rules. */
  readonly mayLack?: (parameter: string) => boolean;
}

/** A stage of training, before anything is known of recordings. Stages are trained in their order. */
export interface TrainingStage {
  readonly name: string;
  /** Names of the stages that it learns from. */
  readonly needs: readonly string[];
  /** Share of all minutes; those of all stages together are at most 1. Of a stage whose time cannot be set: none. */
  readonly share?: number;
  /**
   * Its plan within the whole time; by default its own minutes.
   * @param minutes of all stages (`total`) and of this one (`own`): its share of `total`, or what was asked for
   */
  plan?(minutes: { readonly total: number; readonly own: number }): StagePlan;
  /** Frames that one recording must have at least. */
  readonly framesNeeded: number;
  /** What else would do where recordings are too short, such as 'a shorter memory'. */
  readonly orElse?: string;
  /** @throws SnowglobeError for recordings of which it cannot learn for another reason */
  check?(data: Recordings): void;
  /** Whether it trains a parameter, by its full name. */
  trains(parameter: string): boolean;
  /**
   * Of a stage that is trained from several first weights, as many as `starts` of its plan says, of which those with the lowest
   * loss are kept: the name of the checkpoints, which lie in folders `NAME-0`, `NAME-1` and so on.
   */
  readonly restarts?: string;
  /**
   * Of a stage that takes no steps and trains no parameter: what it finds in the recordings stands in the config, see
   * `RecordingSession.find`.
   */
  readonly finds?: true;
}

/** Numbers that are kept. */
export interface CachedTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Keeps tensors that take minutes to compute, as long as recordings and settings are the same. */
export type TensorCache = (
  name: string,
  settings: unknown,
  compute: () => Promise<ReadonlyMap<string, CachedTensor>>,
) => Promise<ReadonlyMap<string, CachedTensor>>;

/** What reading recordings needs. */
export interface RecordingContext {
  readonly data: Recordings;
  readonly executor: Executor;
  /** Holds the world's weights, or gets them while it is trained. */
  readonly store: VariableStore;
  readonly seed: number;
  /** Names of a world's true actions in their order; by default those of the recordings. */
  readonly actionNames?: readonly string[] | undefined;
  /** Whether a world that plays is trained on; by default one begins. */
  readonly continues?: boolean | undefined;
  /** By default nothing is kept. */
  readonly cache?: TensorCache | undefined;
  /** Told in a few words what takes time. */
  readonly onRemark?: ((remark: string) => void) | undefined;
}

/** A frame of a clip. */
export interface Place {
  readonly clip: number;
  readonly frame: number;
}

/** What a world says about its actions. */
export interface DescribedActions {
  /** What a player can do; an action is an index into this. */
  readonly actionNames: readonly string[];
  /**
   * For worlds with latent actions: what each code does, as one of `actionNames`, or null where nobody knows. Several
   * codes may do the same.
   */
  readonly codeToAction?: readonly (string | null)[];
  /**
   * For worlds with latent actions: how well each code goes with each of `actionNames`, as log P(action | code, state),
   * a row a state (see `chooseAction`). Actions without it are played by the first code of `codeToAction` that does them.
   */
  readonly keys?: Readonly<Record<string, readonly (readonly number[])[]>>;
}

/** A figure that a family measures itself. */
export interface FigureInfo {
  /** In results and world files. */
  readonly name: string;
  /** For people, with the unit behind its value. */
  readonly title: string;
  readonly unit: string;
  readonly digits: number;
  /** What is being done while it is measured. */
  readonly remark: string;
}

/** A supervised network that reads true actions off what latent ones are read off: the bound that those are judged by. */
export interface ActionProbe {
  /** How it learns from the labelled frames of the recordings. @throws SnowglobeError when there are none */
  define(): Promise<StageDefinition>;
  /**
   * Logits of every frame's action: (frames − 1, A) a clip.
   * @param store holds the weights that were learned
   * @param actions A
   */
  read(store: VariableStore, actions: number): Promise<readonly Float32Array[]>;
}

/** Recordings as a world reads them. What it takes to read them is computed when it is first needed. */
export interface RecordingSession {
  /**
   * The config of the world with what a stage without steps finds. Of families that have such stages.
   * @returns the config as it was, where recordings tell nothing
   */
  find?(stage: string): Promise<FrameConfig>;
  /** What is learned by in a stage that takes steps. */
  define(stage: string, plan: StagePlan): Promise<StageDefinition>;
  /** What is left to do when the weights of a stage are in the store, before the next one. */
  finish?(stage: string): Promise<void>;
  /** Of each clip, what was done from each frame to the next: codes that are read off it, or actions of its key log. */
  actions(): Promise<readonly ArrayLike<Label>[]>;
  /**
   * Names of actions, and what keys make of latent ones.
   * @param labelled clips whose key logs are read for that
   */
  describeActions(labelled: readonly number[]): Promise<DescribedActions>;
  /** A figure of `FamilyTraining.figures`; undefined where these recordings do not tell it. */
  measure(figure: string, options: Pick<FrameOptions, 'kvCache'>): Promise<number | undefined>;
  /** Of families that have one, where actions are latent. */
  readonly probe: ActionProbe | undefined;
  /**
   * The inputs of `prefillGraph` by which worlds go on from the frame at each place to the next one.
   * @param places one a world; worlds without one may do anything
   * @param index frames since the prompt
   * @param batch worlds of the graph
   */
  prefillInputs(
    places: readonly Place[],
    index: number,
    batch: number,
  ): Promise<Readonly<Record<string, TensorData>>>;
}

/** Reconstructs frames through what a family makes of single frames. */
export interface Reconstruction {
  /** Of the part that does it. */
  readonly name: string;
  /** Frames (B, H, W, 3) in −1 … 1 as input `frames`, and as they come out as output `drawn`. */
  graph(batch: number): Graph;
}

/** Training of a family's worlds, bound to a config. */
export interface FamilyTraining {
  readonly stages: readonly TrainingStage[];
  /** Whether a world file keeps a weight, by the name of its variable. */
  keeps(weight: string): boolean;
  /** Recordings as the world reads them; nothing is computed before it is asked for. */
  open(context: RecordingContext): RecordingSession;
  /** What the family measures beside rollouts, on recordings whose actions are known. */
  readonly figures: readonly FigureInfo[];
  /** How its worlds are sampled unless someone says otherwise; default: temperature 1, nothing left out. */
  readonly sampling?: { readonly temperature: number; readonly confidenceThreshold: number };
  /** Of families that have one. */
  readonly reconstruction?: Reconstruction;
  readonly quantization: FamilyQuantization;
  /** Goes on by a recorded frame instead of a sampled one: the state of `frameGraph`, with the same variables. */
  prefillGraph(options?: FrameOptions): Graph;
}
