export type { Initializer } from './parameter.js';
export { fanIn, parameter } from './parameter.js';
export { generatorFor } from './random.js';
export type {
  Label,
  RecordedCaption,
  RecordedClip,
  RecordedEvent,
  RecordedStates,
  RecordedWindows,
  Recordings,
} from './recordings.js';
export type { ExportedFrame, PresetOptions, WorldFamily, WorldModel } from './family/family.js';
export type { FirstFrame, FirstFrameOptions, FirstFrames, RunGraph } from './family/first_frames.js';
export type { ReadText } from './text/vocabulary.js';
export type { FrameConfig, FrameInputOptions, FrameOptions, SamplingOptions } from './family/frame.js';
export type { OneOrEach } from './one_or_each.js';
export { allFamilies, defaultFamily, familyNamed, registerFamily } from './families/registry.js';
export type { AtlasPicture, DrawnWorld, FamilyAtlas, RedrawnWorld } from './family/atlas.js';
export type { CellRect } from './memory/cells.js';
export type { EndCondition, Readout, Readouts, ReadoutValues } from './family/readouts.js';
export type { Survey } from './family/survey.js';
export type { MapPicture, RememberedMap, StateValuesOf, TileReader, Tiles } from './family/tiles.js';
export { playScope } from './family/state.js';
export type { WorldActions } from './actions/choose_action.js';
export { oneActionLogits, noPreference } from './actions/choose_action.js';
export type { KvCacheBits } from './memory/kv_cache.js';
export type {
  ArrayOfFile,
  FileDType,
  FileTensor,
  Figure,
  Measurement,
  Measurements,
  SamplingDefaults,
  Provenance,
  QuantizationAbout,
  TensorEntry,
  UncheckedMetadata,
  WorldContents,
  WorldFile,
  WorldMetadata,
  WorldQuantization,
  WorldSummary,
} from './world_file/index.js';
export {
  countParameters,
  decodeWorld,
  encodeWorld,
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
export type { FamilyQuantization, PartOutput, PredictedPart, Series } from './family/quantization.js';
