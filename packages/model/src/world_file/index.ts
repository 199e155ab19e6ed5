export type { FileDType, TensorEntry } from './header.js';
export { bytesOfExactPixels } from './exact_pixels.js';
export { headerBytesNeeded, LENGTH_BYTES } from './header.js';
export { actionNames as actionNamesSchema, describable } from './fields.js';
export type { SamplingDefaults, Provenance, UncheckedMetadata, WorldMetadata } from './metadata.js';
export type { Figure, Measurement, Measurements } from './measurements.js';
export { checkWorldMetadata } from './metadata.js';
export type { ArrayOfFile, FileTensor } from './safetensors.js';
export { decodeSafetensors, encodeSafetensors, fileTypes } from './safetensors.js';
export type { WorldFile, WorldSummary } from './world_file.js';
export type { WorldContents } from './contents.js';
export { decodeWorld, encodeWorld, readWorldSummary, worldFileOf } from './world_file.js';
export { weightsOfWords, withoutWords } from './without_words.js';
export type { WorldQuantization } from './quantization.js';
export type { QuantizationAbout } from './quantized.js';
export {
  asHalves,
  checkNotQuantized,
  countParameters,
  narrowestFloat,
  quantizeWorldFile,
  readQuantizedMatrices,
} from './quantized.js';
