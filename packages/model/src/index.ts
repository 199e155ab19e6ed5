export type { Initializer } from './parameter.js';
export { fanIn, parameter, parametersOf } from './parameter.js';
export { pixelsOf } from './pixels.js';
export { fillNormal, generatorFor } from './random.js';
export type { Label, RecordedClip, RecordedWindows, Recordings } from './recordings.js';
export type { ExportedFrame, PresetOptions, WorldFamily, WorldModel } from './family/family.js';
export type { FrameConfig, SamplingOptions, FrameOptions } from './family/frame.js';
export { allFamilies, defaultFamily, familyNamed, modelOf, registerFamily } from './families/registry.js';
export { isPlayState, lastFrame, playScope, stateName } from './family/state.js';
export { fpsLimits, framesPerSecond } from './family/fps.js';
export type { WorldActions } from './actions/choose_action.js';
export { oneActionLogits, noPreference } from './actions/choose_action.js';
export type { KvCacheBits } from './memory/kv_cache.js';
export type {
  FileDType,
  FileTensor,
  SamplingDefaults,
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
export type {
  ActionProbe,
  AdamwOptions,
  Batch,
  Budget,
  CachedTensor,
  DescribedActions,
  FamilyTraining,
  FigureInfo,
  MuonOptions,
  OptimizerOptions,
  Place,
  Reconstruction,
  RecordingContext,
  RecordingSession,
  Schedule,
  StageDefinition,
  StagePlan,
  TensorCache,
  TrainingStage,
} from './family/training.js';
export { renamedActions, trueActions } from './actions/true_actions.js';
export { unnamedActions } from './actions/read_keys.js';
export {
  bestMap,
  contingencyTable,
  entropyBits,
  mapAccuracy,
  mutualInformationBits,
} from './actions/information.js';
export type { FamilyQuantization, PartOutput, PredictedPart, Series } from './family/quantization.js';
