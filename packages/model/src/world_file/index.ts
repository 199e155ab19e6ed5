export type { FileDType, TensorEntry } from './header.js';
export { floatToHalf, halfToFloat } from './half.js';
export { headerBytesNeeded, LENGTH_BYTES } from './header.js';
export type { PlayDefaults, Provenance, WorldMetadata } from './metadata.js';
export type { FileTensor, SafetensorsFile } from './safetensors.js';
export { decodeSafetensors, encodeSafetensors } from './safetensors.js';
export type { WorldFile, WorldSummary } from './world_file.js';
export { decodeWorld, encodeWorld, readWorldSummary } from './world_file.js';
