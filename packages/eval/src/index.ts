export type { MotionOptions } from './recordings/motion_table.js';
export { MotionTable, measureMotion } from './recordings/motion_table.js';
export type { Transitions } from './recordings/transitions.js';
export { motionOffset, toldRows } from './recordings/transitions.js';
export type { LabelOptions } from './recordings/evidence.js';
export { evidenceInputs, focusPixels } from './recordings/evidence.js';
export {
  assignCodes,
  encodeClips,
  latentActionScope,
  latentActionVariables,
} from './recordings/action_codes.js';
export type { ActingWorld } from './recordings/actions.js';
export { actionsOf, renamedActions, trueActions } from './recordings/actions.js';
export { psnr, ssim } from './pictures/pictures.js';
export type { Reconstruction } from './pictures/reconstruction.js';
export { evaluateTokenizer, openReconstruction } from './pictures/reconstruction.js';
export type { ContingencyTable } from './actions/information.js';
export {
  bestMap,
  contingencyTable,
  entropyBits,
  mapAccuracy,
  mutualInformationBits,
} from './actions/information.js';
export type { LatentActionScores } from './actions/score_actions.js';
export { readerLogits, readerScope } from './actions/reader.js';
export type { ReaderBound, TrainedReader } from './actions/reader_bound.js';
export { measureReader } from './actions/reader_bound.js';
export type { EncodedChains } from './codes/chains.js';
export { chainFrames, encodeChains } from './codes/chains.js';
export type { MaskedCodes } from './codes/masked_codes.js';
export { maskedCodes } from './codes/masked_codes.js';
export type { OpenPlay, Rollout } from './rollouts/roll_out.js';
export { rollOut, seedsFrom } from './rollouts/roll_out.js';
export type { Course, CourseOptions, CourseScores, Courses } from './rollouts/courses.js';
export { rollOutAlong, worldsAtOnce } from './rollouts/courses.js';
export type { RolloutOptions, RolloutScores } from './rollouts/rollouts.js';
export { evaluateRollouts, knownActions } from './rollouts/rollouts.js';
export type { LongRuns } from './rollouts/long_runs.js';
export { mean, standardError } from './statistics.js';
export type { EvaluationOptions, WorldEvaluation } from './evaluate_world.js';
export { evaluateWorld } from './evaluate_world.js';
