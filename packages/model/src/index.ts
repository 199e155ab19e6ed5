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
