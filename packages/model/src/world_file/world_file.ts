/** A world as one `.safetensors` file: weights of all parts, and what `metadata.ts` says about them. */
import type { SafetensorsHeader } from './header.js';
import { readSafetensorsHeader } from './header.js';
import type { WorldMetadata } from './metadata.js';
import { readWorldMetadata, writeWorldMetadata } from './metadata.js';
import { countParameters } from './quantized.js';
import type { FileTensor } from './safetensors.js';
import { encodeSafetensors, readTensors } from './safetensors.js';

/** @typeParam C the model's config */
export interface WorldFile<C> {
  readonly metadata: WorldMetadata<C>;
  readonly tensors: ReadonlyMap<string, FileTensor>;
}

/** What can be said of a world without reading its weights. */
export interface WorldSummary<C> {
  readonly metadata: WorldMetadata<C>;
  readonly tensors: SafetensorsHeader['tensors'];
  /** Numbers in its weights, those in few bits included. */
  readonly parameters: number;
}

/**
 * The bytes of a world file; the same world gives the same bytes.
 * @throws SnowglobeError naming the field or the tensor that cannot be written
 */
export function encodeWorld<C>({ metadata, tensors }: WorldFile<C>): Uint8Array {
  return encodeSafetensors(tensors, writeWorldMetadata(metadata, 'world'));
}

/**
 * Reads a world file. Nothing in it is executed, and no length in it is believed.
 * @param parseConfig the model's check of the config, which refuses unknown fields
 * @param source the file in words, for messages
 * @throws SnowglobeError naming what is wrong
 */
export function decodeWorld<C>(
  bytes: Uint8Array,
  parseConfig: (value: unknown) => C,
  source: string,
): WorldFile<C> {
  const header = readSafetensorsHeader(bytes, bytes.length, source);
  // Metadata first: a file of something else is told so before its weights are read.
  const metadata = readWorldMetadata(header.metadata, parseConfig, source);
  return { metadata, tensors: readTensors(bytes, header, source) };
}

/**
 * Reads what a world says about itself from the start of its file.
 * @param start the first `headerBytesNeeded` bytes of the file, or more
 * @param fileBytes size of the whole file
 * @throws SnowglobeError
 */
export function readWorldSummary<C>(
  start: Uint8Array,
  fileBytes: number,
  parseConfig: (value: unknown) => C,
  source: string,
): WorldSummary<C> {
  const header = readSafetensorsHeader(start, fileBytes, source);
  const metadata = readWorldMetadata(header.metadata, parseConfig, source);
  return { metadata, tensors: header.tensors, parameters: countParameters(metadata, header.tensors) };
}
