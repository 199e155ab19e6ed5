export type {
  ClipDataset,
  DecodingProgress,
  RecordingOptions,
  RecordOptions,
  WriteVideoOptions,
} from './data/index.js';
export { openRecordings, recordWorld, UNKNOWN_ACTION, writeVideo } from './data/index.js';
export type { Progress, StageOptions, StageResult } from './loop/stage.js';
export { trainStage } from './loop/stage.js';
export type { ProgressOptions, ProgressReporter } from './loop/progress.js';
export { createProgressReporter } from './loop/progress.js';
export type { MetricsRecord } from './metrics/log.js';
export { logPath, readLog } from './metrics/log.js';
export { writePage } from './metrics/page.js';
export type { Sample } from './metrics/samples.js';
export { saveSamples } from './metrics/samples.js';
export type { Plan } from './pipeline/stages.js';
export { planFor } from './pipeline/stages.js';
export type { TrainedWorld, TrainOptions } from './pipeline/pipeline.js';
export { modelFor, runFolderOf, trainWorld } from './pipeline/pipeline.js';
export type { WorldOptions } from './pipeline/make_world.js';
export { checkFutureWorld, makeWorld, worldBytes } from './pipeline/make_world.js';
export type { ProbeOptions } from './pipeline/train_probe.js';
export { trainProbe } from './pipeline/train_probe.js';
