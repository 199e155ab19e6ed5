import type { Executor } from '@snowglobe/graph';
import type { WorldFile, WorldModel } from '@snowglobe/model';
import type { Progress, StageOptions } from '../loop/stage_options.js';
import type { Plan } from './stages.js';

/** Which world is learned, in which time and where. */
export interface TrainOptions {
  /** Name of the family of worlds; default the first one. */
  readonly family?: string | undefined;
  /** See `WorldFamily.presets`. */
  readonly preset: string;
  /** See `PresetOptions.findings`. */
  readonly findings?: unknown;
  /** Frames that are remembered, in place of the preset's. */
  readonly memory?: number;
  /** `latent` discovers actions without labels; `true` takes those of the recordings' key logs. */
  readonly actions: 'latent' | 'true';
  /** Of every stage that is trained or loaded, see `planFor`. */
  readonly plan: Plan;
  readonly seed: number;
  /** Run folder: checkpoints, logs and the page. Continues what is there. */
  readonly folder: string;
  readonly executor: Executor;
  /**
   * A world to go on from: its model in place of the preset's, and its weights. Stages that are not trained keep those,
   * the others start from them, but those with `restarts`. Name the stages: most need not be learned again.
   */
  readonly from?: WorldFile;
  /** See `StageOptions.weightFormat`: for worlds that will be quantized. */
  readonly weightFormats?: (model: WorldModel) => Promise<NonNullable<StageOptions['weightFormat']>>;
  /** Only these stages are trained, in their own order; others come from their checkpoints in the folder. Default: all. */
  readonly stages?: readonly string[];
  /** Called a few times a second while a stage is trained. */
  readonly onProgress?: (progress: Progress) => void;
  /** Told in a few words what is going on between stages. */
  readonly onRemark?: (remark: string) => void;
  readonly signal?: AbortSignal;
}
