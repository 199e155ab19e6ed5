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
export { averageName } from './optimizer/optimizer.js';
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
export { evaluateTokenizer, tokenizerBatch, tokenizerStage } from './stages/tokenizer.js';
export type { LabelOptions } from './stages/evidence.js';
export {
  assignCodes,
  clusterCodes,
  encodeClips,
  latentActionStage,
  latentActionVariables,
} from './stages/latent_actions.js';
export type { MotionOptions } from './stages/motion_table.js';
export { measureMotion, MotionTable } from './stages/motion_table.js';
export type { Transitions } from './stages/transitions.js';
export { motionStage } from './stages/motion.js';
export { deltaStage } from './stages/delta.js';
export type { EncodedChains } from './stages/dynamics.js';
export { dynamicsStage, encodeChains } from './stages/dynamics.js';
export type { Plan, StageName, TimedStage, TrainedWorld, TrainOptions } from './pipeline/pipeline.js';
export { configFor, planFor, runFolderOf, stageNames, trainWorld } from './pipeline/pipeline.js';
export type { WorldOptions } from './pipeline/make_world.js';
export { makeWorld } from './pipeline/make_world.js';
export { psnr, ssim } from './evaluation/pictures.js';
export type { ContingencyTable } from './evaluation/information.js';
export {
  bestMap,
  contingencyTable,
  entropyBits,
  mapAccuracy,
  mutualInformationBits,
} from './evaluation/information.js';
export type { EvaluationOptions, WorldEvaluation } from './evaluation/evaluate_world.js';
export { evaluateWorld } from './evaluation/evaluate_world.js';
export type { RolloutOptions, RolloutScores } from './evaluation/rollouts.js';
export { evaluateRollouts, rollOut } from './evaluation/rollouts.js';
export type { LatentActionScores } from './evaluation/score_actions.js';
export type { ReaderBound } from './evaluation/reader_bound.js';
