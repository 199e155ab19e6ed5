/**
 * A family of worlds is an interface: how a config becomes graphs, inputs and state. Everything above `model` (sessions,
 * export, training, evaluation, quantization, pages) plays any world through it, and knows no family by name.
 */
import type { Graph, TensorData, TensorSpec } from '@snowglobe/graph';
import type { OnnxEmitter } from '@snowglobe/kernels';
import type { WorldActions } from '../actions/choose_action.js';
import type { OneOrEach } from '../one_or_each.js';
import type { Recordings } from '../recordings.js';
import type { FamilyAtlas } from './atlas.js';
import type { FirstFrames } from './first_frames.js';
import type { FrameConfig, FrameInputOptions, FrameOptions } from './frame.js';
import type { Readouts } from './readouts.js';
import type { Survey } from './survey.js';
import type { RememberedMap, Tiles } from './tiles.js';
import type { FamilyTraining } from './training.js';

/** What is decided beside a preset and the recordings. */
export interface PresetOptions {
  /** How many true actions there are; default: actions are latent, found without labels. */
  readonly trueActions?: number | undefined;
  /** Frames that are remembered; default those of the preset. */
  readonly memory?: number | undefined;
  /** What the family's survey found in the recordings; by default what stands for it until they were read. */
  readonly findings?: unknown;
}

/** A kind of world. */
export interface WorldFamily {
  /** `family` in the metadata of a world file. */
  readonly name: string;
  /** Names of sizes, the default first. */
  readonly presets: readonly string[];
  /** Whether it finds actions in video without labels; otherwise it needs key logs. */
  readonly findsActions: boolean;
  /** @throws SnowglobeError naming the field that is wrong, or unknown */
  parse(config: unknown): WorldModel;
  /** @throws SnowglobeError for an unknown preset, and for frames or options that this family does not have */
  fromPreset(preset: string, frame: FrameConfig, options?: PresetOptions): WorldModel;
  /**
   * Finds out what a world needs to know of recordings before it has sizes. Of families that only need to know the size of a
   * frame: none.
   */
  survey?(data: Recordings): Promise<Survey>;
  /** Of families whose worlds can be drawn in other art. */
  readonly atlas?: FamilyAtlas;
}

/** A config, and what its family makes of it. Shapes: B worlds, H and W pixels, D states of the table of keys, A actions. */
export interface WorldModel {
  /** Name of the family. */
  readonly family: string;
  /** Plain JSON, as the world file has it. */
  readonly config: FrameConfig;
  readonly actions: WorldActions;
  /** Whether keys and values can be kept in eight bits. */
  readonly fitsKvCache: boolean;
  /** @throws SnowglobeError saying why, where `fitsKvCache` is false */
  checkKvCache(): void;
  /** Whether worlds side by side can be apart, see `FrameOptions`; otherwise sessions are stepped one after the other. */
  readonly stepsApart: boolean;

  /**
   * One frame as one graph. State is the variables of the scope `play`, among them `play/frame`, the last frame; other variables
   * are weights. Where the model `stepsApart`, the state of world b is the b-th of B equal parts of each variable. Outputs: `frame` (B, H, W, 3) in −1 … 1; `action` (B, A), what was done, one-hot; `codes`, where the family
   * samples any; others are its own.
   * @throws SnowglobeError for a `kvCache` that does not fit
   */
  frameGraph(options?: FrameOptions): Graph;
  /**
   * The state of worlds that have just begun.
   * @param variables of a graph of frames
   * @param prompts (B, H, W, 3) in −1 … 1
   */
  initialState(variables: ReadonlyMap<string, TensorSpec>, prompts: Float32Array): Map<string, TensorData>;
  /**
   * The inputs of `frameGraph` for the frame after `index` frames since the prompt, chance included: the same in a session, a
   * rollout and a calibration. A world's random numbers depend on its seed and the frame alone: a replay gives it again. Of worlds apart, what
   * differs is given one each.
   * @param actionLogits what is wanted in each world: (D, A), see `oneActionLogits`
   */
  frameInputs(
    index: OneOrEach,
    actionLogits: readonly Float32Array[],
    options: FrameInputOptions,
  ): Record<string, TensorData>;
  /** Bytes that a session carries from frame to frame, which are those of its snapshots. */
  stateBytes(options?: Pick<FrameOptions, 'kvCache'>): number;
  /** The largest value of each i32 variable of the state; the least is 0. Absent where there are none. */
  readonly stateLimits?: Readonly<Record<string, number>>;
  /** Of worlds whose frames are made of tiles. */
  readonly tiles?: Tiles;
  /** Of worlds that draw first frames from sentences. */
  readonly firstFrames?: FirstFrames;
  /** The same world with what it takes to learn words; of worlds that can and have not. @param vocabulary see `vocabularyOf` @param clauses see `clausesIn`; default 8 */
  learningWords?(vocabulary: readonly string[], clauses?: number): WorldModel;
  /** Of worlds that can be told what happens while they are played: the sentences that they know. See `readEvent`. */
  readonly events?: readonly string[];
  /**
   * The same world with what it takes to be told events; of worlds that can.
   * @param heard sentences that recorded games were told; those that the world knows already stay what they are
   */
  learningEvents?(heard: readonly string[]): WorldModel;
  /** The same world without what draws first frames from words; of worlds that know some. */
  withoutWords?(): WorldModel;
  /** Of worlds whose tiles tell numbers, such as a health. */
  readonly readouts?: Readouts;
  /** Of worlds that remember what was seen where. */
  readonly map?: RememberedMap;
  readonly exported: ExportedFrame;
  /**
   * The same world with a part switched off whose worth measurements of memory tell, by what is off, such as `memory`; over the
   * same weights.
   */
  controls?(): Readonly<Record<string, WorldModel>>;
  /** How it is trained, measured and made small; loaded when it is asked for. */
  training(): Promise<FamilyTraining>;
}

/** What an exported frame needs to be told of its graph. */
export interface ExportedFrame {
  /** The input that takes what is wanted: (B, D, A). */
  readonly actionLogits: string;
  /**
   * Inputs that follow from the number of frames since the prompt, as ONNX nodes.
   * @param index name of an int32 value (1)
   * @returns names of values, by input
   */
  countedInputs(emitter: OnnxEmitter, index: string): Readonly<Record<string, string>>;
  /** Outputs beside `frame`, by the name that the file gives them. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Of worlds that can be told events: the input that takes what is told, and its rows: that of nothing, then that of each event. */
  readonly told?: { readonly input: string; readonly rows: readonly Int32Array[] };
  /** What inputs and outputs mean, by name in the file. */
  readonly meanings: Readonly<Record<string, string>>;
  /** What parts of the state mean, by their names without scope; how they start, where that is not zeros. */
  readonly states: readonly (readonly [name: RegExp, meaning: string, start?: string])[];
}
