export type { Initializer } from './parameter.js';
export { fanIn, parameter, parametersOf } from './parameter.js';
export { pixelsOf } from './pixels.js';
export { fillNormal, generatorFor } from './random.js';
export type { Label, RecordedClip, RecordedWindows, Recordings } from './recordings.js';
export type {
  ExportedFrame,
  FrameConfig,
  FrameDraw,
  FrameOptions,
  PresetOptions,
  WorldFamily,
  WorldModel,
} from './family/family.js';
export { allFamilies, defaultFamily, familyNamed, modelOf, registerFamily } from './family/registry.js';
export { isPlayState, lastFrame, playScope, stateName } from './family/state.js';
export { fpsLimits, framesPerSecond } from './family/fps.js';
export type { WorldActions } from './actions/choose_action.js';
export { certainWish, noWish } from './actions/choose_action.js';
export type { KvCacheBits } from './memory/kv_cache.js';
export type {
  FileDType,
  FileTensor,
  PlayDefaults,
  Provenance,
  QuantizationAbout,
  QuantizedWorldOptions,
  SafetensorsFile,
  TensorEntry,
  UncheckedMetadata,
  WorldContents,
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
  worldFileOf,
} from './world_file/index.js';
// Parts of worlds that training, evaluation and quantization use.
export { logMeanSquaredError, meanPsnr } from './loss/pixels.js';
export type { TokenizerConfig } from './families/delta/tokenizer/tokenizer.js';
export { codeLogits, codebookSize, embedCodes } from './masked/codes.js';
export { reconstruct } from './families/delta/tokenizer/tokenizer.js';
export type { EvidenceConfig, LatentActionConfig } from './latent_actions/config.js';
export { defaultLatentActions, evidencePairs, latentDimensions } from './latent_actions/config.js';
export { motionEvidence } from './latent_actions/evidence.js';
export type { ActionEvidence } from './latent_actions/latent_actions.js';
export { encodeActions, latentActionLoss } from './latent_actions/latent_actions.js';
export { kmeans, nearestCode } from './latent_actions/kmeans.js';
export type { Hint } from './families/delta/codes/delta.js';
export { decodeDelta, encodeDelta, pixelsPerDelta, readHint } from './families/delta/codes/delta.js';
export { hintOf } from './families/delta/codes/hint.js';
export type { MotionState } from './families/delta/motion/motion.js';
export { motionWidth, seeFrames, shiftsOf, stepMotion } from './families/delta/motion/motion.js';
export { codePrior } from './actions/prior.js';
export { directionOfShift, directions } from './families/delta/motion/direction.js';
export { embedContext } from './conditioning/context.js';
export type { DeltaWorldConfig } from './families/delta/config/config.js';
export { deltaPositions, toldWidth } from './families/delta/config/config.js';
export { presets } from './families/delta/config/presets.js';
export { evidenceOf } from './families/delta/config/motion_evidence.js';
export { deltaModel } from './families/delta/delta_model.js';
export { linear } from './layers/linear.js';
export { rotaryPeriod } from './layers/rotary.js';
export { guessWindow, windowLength } from './memory/window.js';
export { momentOf } from './memory/moment.js';
