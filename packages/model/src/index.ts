export type { Initializer } from './parameter.js';
export { fanIn, parameter, parametersOf } from './parameter.js';
export { pixelsOf } from './pixels.js';
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
  PlayDefaults,
  Provenance,
  QuantizationAbout,
  QuantizedWorldOptions,
  SafetensorsFile,
  TensorEntry,
  WorldFile,
  WorldMetadata,
  WorldQuantization,
  WorldSummary,
} from './world_file/index.js';
export {
  LENGTH_BYTES,
  actionNamesSchema,
  checkNotQuantized,
  checkWorldMetadata,
  countParameters,
  decodeSafetensors,
  decodeWorld,
  describable,
  encodeSafetensors,
  encodeWorld,
  headerBytesNeeded,
  licencesSchema,
  narrowestFloat,
  quantizeWorldFile,
  readQuantizedMatrices,
  readWorldSummary,
} from './world_file/index.js';
export type { EvidenceConfig, LatentActionConfig } from './latent_actions/config.js';
export { defaultLatentActions, evidencePairs, latentDimensions } from './latent_actions/config.js';
export { focusOf, motionEvidence } from './latent_actions/evidence.js';
export type { ActionEvidence, DecodedActions } from './latent_actions/latent_actions.js';
export { encodeActions, latentActionLoss, normalizeCodes } from './latent_actions/latent_actions.js';
export type { Clustering, KmeansOptions } from './latent_actions/kmeans.js';
export { kmeans, nearestCode } from './latent_actions/kmeans.js';
export type { DeltaConfig, Hint, HintFeatures } from './delta/delta.js';
export {
  decodeDelta,
  defaultDelta,
  deltaLevels,
  encodeDelta,
  pixelsPerDelta,
  readHint,
} from './delta/delta.js';
export { hintOf } from './delta/hint.js';
export type { CertainMotion, MotionConfig, MotionState, MotionStep } from './motion/motion.js';
export {
  chooseMotion,
  motionOfRow,
  motionRow,
  motionWidth,
  oneHot,
  seeFrames,
  shiftsOf,
  stepMotion,
} from './motion/motion.js';
export { certainWish, codePrior, directionOfShift, directions } from './intent/intent.js';
export { insideOf, shiftPicture } from './motion/shift.js';
export type { DynamicsConfig, FrameContext } from './dynamics/dynamics.js';
export { codeLogits, embedCodes, embedContext } from './dynamics/dynamics.js';
export type { WorldConfig } from './config/config.js';
export { deltaPositions, toldWidth } from './config/config.js';
export type { Preset, PresetName } from './config/presets.js';
export { presets } from './config/presets.js';
export { evidenceOf } from './config/motion_evidence.js';
export { parseWorldConfig } from './config/parse.js';
export { fpsLimits, framesPerSecond } from './config/fps.js';
export type { PlayOptions } from './play/play.js';
export { buildPlay, codesPerStep } from './play/play.js';
export { freshState, isPlayState, lastFrame, playScope, playStateBytes } from './play/state.js';
export { buildWatch } from './play/watch.js';
export type { FrameMemory, LayerMemory, SpacetimeConfig } from './dynamics/spacetime.js';
export { linear } from './layers/linear.js';
export type { Rotation } from './layers/rotary.js';
export { rotaryPeriod } from './layers/rotary.js';
export type { LookbackConfig } from './dynamics/lookback.js';
export type { KvCacheBits } from './dynamics/kv_cache.js';
export { fitsKvCache, keptHead } from './dynamics/kv_cache.js';
export type { WindowOptions, WindowViews } from './dynamics/window.js';
export { guessWindow, windowLength } from './dynamics/window.js';
export { momentOf } from './play/memory.js';
export { generatorFor, fillNormal } from './random.js';
export type { Recordings, Label, RecordedClip, RecordedWindows } from './recordings.js';
