export type { Initializer } from './parameter.js';
export { fanIn, parameter, parametersOf } from './parameter.js';
export { logMeanSquaredError, meanPsnr, meanSquaredErrors } from './loss/pixels.js';
export type { TokenizerConfig } from './tokenizer/tokenizer.js';
export {
  codebookSize,
  decodeLatents,
  defaultTokenizer,
  encodeFrames,
  latentLevels,
  pixelsPerPosition,
  reconstruct,
} from './tokenizer/tokenizer.js';
export type {
  FileDType,
  FileTensor,
  Provenance,
  SafetensorsFile,
  TensorEntry,
  WorldFile,
  WorldMetadata,
  WorldSummary,
} from './world_file/index.js';
export {
  LENGTH_BYTES,
  decodeSafetensors,
  decodeWorld,
  encodeSafetensors,
  encodeWorld,
  headerBytesNeeded,
  readWorldSummary,
} from './world_file/index.js';
export type { LatentActionConfig } from './latent_actions/config.js';
export { defaultLatentActions, evidencePairs, latentDimensions } from './latent_actions/config.js';
export { focusOf, motionEvidence } from './latent_actions/evidence.js';
export type { ActionEvidence, DecodedActions } from './latent_actions/latent_actions.js';
export { encodeActions, latentActionLoss, normalizeCodes } from './latent_actions/latent_actions.js';
export type { Clustering, KmeansOptions } from './latent_actions/kmeans.js';
export { kmeans, nearestCode } from './latent_actions/kmeans.js';
export type { DeltaConfig, HintFeatures } from './delta/delta.js';
export {
  decodeDelta,
  defaultDelta,
  deltaLevels,
  encodeDelta,
  pixelsPerDelta,
  readHint,
} from './delta/delta.js';
export type { MotionConfig, MotionState, MotionStep } from './motion/motion.js';
export { lastMotionWidth, stepMotion } from './motion/motion.js';
export { shiftPicture } from './motion/shift.js';
export type { FrameMemory, LayerMemory, SpacetimeConfig } from './dynamics/spacetime.js';
export { stepSpacetime, trainSpacetime } from './dynamics/spacetime.js';
export type { Rotation } from './layers/rotary.js';
export { rotaryPeriod, rotaryTables, rotationOfWindow } from './layers/rotary.js';
