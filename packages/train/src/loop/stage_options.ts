import type { Executor, Shape, VariableStore } from '@snowglobe/graph';
import type { WeightFormat } from '@snowglobe/kernels';
import type { Budget, StageDefinition } from '@snowglobe/model';

/** How a stage is trained. */
export interface StageOptions extends StageDefinition {
  /** Names its files in the run folder: `tokenizer`. */
  readonly name: string;
  readonly executor: Executor;
  /** Holds the weights of earlier stages, and those of this one afterwards. */
  readonly store: VariableStore;
  /** Which parameters this stage trains; all by default. The others must be in the store. */
  readonly trains?: (name: string) => boolean;
  /**
   * Quantization-aware training: how the weights that are trained will be kept, by name and shape of their variable;
   * undefined for those that stay floats. The forward pass sees them rounded; what is trained and kept are floats.
   */
  readonly weightFormat?: (name: string, shape: Shape) => WeightFormat | undefined;
  /** Starts from the weights that the store has instead of new ones; default false. A checkpoint comes before both. */
  readonly fineTune?: boolean;
  readonly budget: Budget;
  /** Decides the first weights and every batch. */
  readonly seed: number;
  /** Run folder: checkpoints and logs. It is made when missing, and a stage found in it is continued. */
  readonly folder: string;
  /** Seconds between checkpoints; default 180. */
  readonly checkpointEvery?: number;
  /** Steps between lines of the log; default 20. */
  readonly logEvery?: number;
  /** Called after every step. */
  readonly onProgress?: (progress: Progress) => void;
  /** Called after every checkpoint and at the end, for samples and pages. */
  readonly onCheckpoint?: (state: { readonly step: number; readonly finished: boolean }) => Promise<void>;
  /** Stops after the running step, with a checkpoint. */
  readonly signal?: AbortSignal;
  /** One text for the contents of the data, kept in checkpoints: a stage that learned from others is not continued. */
  readonly data?: string;
  /** Takes no step: puts the weights of the last checkpoint into the store. Default false. */
  readonly loadOnly?: boolean;
  /** Told in a few words what a checkpoint leaves open. */
  readonly onRemark?: (remark: string) => void;
}

/** How far a stage has come. */
export interface Progress {
  readonly stage: string;
  readonly step: number;
  /** Used share of the budget, 0 … 1. */
  readonly fraction: number;
  readonly seconds: number;
  /** Until the budget is used, at the rate of the last steps. */
  readonly secondsLeft: number;
  /** Of this step. */
  readonly loss: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly rate: number;
  /** Smoothed over about twenty steps. */
  readonly framesPerSecond: number;
  readonly gflops: number;
}

/** How a stage ended. */
export interface StageResult {
  readonly step: number;
  readonly seconds: number;
  readonly framesPerStep: number;
  /** False when the signal stopped it before the budget was used. */
  readonly finished: boolean;
  /** Floating-point operations of forward and backward pass in a step; the optimizer's are not counted. */
  readonly flopsPerStep: number;
  readonly flopsPerStepWithOptimizer: number;
}
