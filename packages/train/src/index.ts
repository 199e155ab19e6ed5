export type {
  Clip,
  ClipDataset,
  DecodingProgress,
  RecordingOptions,
  RecordOptions,
  Windows,
  WriteVideoOptions,
} from './data/index.js';
export { openRecordings, recordWorld, UNKNOWN_ACTION, writeVideo } from './data/index.js';
export type { AdamwOptions, MuonOptions, OptimizerOptions } from './optimizer/optimizer.js';
export type { Schedule } from './optimizer/schedule.js';
export type { Batch, Budget, Progress, StageOptions, StageResult } from './loop/stage.js';
export { trainStage } from './loop/stage.js';
export type { ProgressOptions, ProgressReporter } from './loop/progress.js';
export { createProgressReporter } from './loop/progress.js';
export type { MetricsRecord } from './metrics/log.js';
export { logPath, readLog } from './metrics/log.js';
export { writePage } from './metrics/page.js';
export type { Sample } from './metrics/samples.js';
export { saveSamples } from './metrics/samples.js';
export { tokenizerBatch, tokenizerStage } from './stages/tokenizer.js';
export { clusterCodes, latentActionStage } from './stages/latent_actions.js';
export { motionStage } from './stages/motion.js';
export { deltaStage } from './stages/delta.js';
export { dynamicsStage } from './stages/dynamics.js';
export type { StageName } from './pipeline/stages.js';
export { stageNames } from './pipeline/stages.js';
export type { Plan, TimedStage, TrainedWorld, TrainOptions } from './pipeline/pipeline.js';
export { modelFor, planFor, runFolderOf, trainWorld } from './pipeline/pipeline.js';
export type { WorldOptions } from './pipeline/make_world.js';
export { checkFutureWorld, makeWorld, worldBytes } from './pipeline/make_world.js';
export type { ReaderOptions } from './pipeline/train_reader.js';
export { trainReader } from './pipeline/train_reader.js';
