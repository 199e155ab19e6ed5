/** A world as one `.safetensors` file: weights of all parts, and what `metadata.ts` says about them. */
import { SnowglobeError } from '@snowglobe/graph';
import type { WorldModel } from '../family/family.js';
import { modelOf } from '../families/registry.js';
import type { SafetensorsHeader } from './header.js';
import { readSafetensorsHeader } from './header.js';
import type { UncheckedMetadata } from './metadata.js';
import { withBytesAsPixels, withPixelsAsBytes } from './exact_pixels.js';
import { readWorldMetadata, writeWorldMetadata } from './metadata.js';
import type { WorldContents } from './contents.js';
import { countParameters } from './quantized.js';
import { encodeSafetensors, readTensors } from './safetensors.js';

/** A world file, and what its family makes of its config. */
export interface WorldFile extends WorldContents {
  readonly model: WorldModel;
}

/** What can be said of a world without reading its weights; `modelOf` checks its config. */
export interface WorldSummary {
  readonly metadata: UncheckedMetadata;
  readonly tensors: SafetensorsHeader['tensors'];
  /** Numbers in its weights, those in few bits included. */
  readonly parameters: number;
}

/**
 * The bytes of a world file; the same world gives the same bytes.
 * @throws SnowglobeError naming the field or the tensor that cannot be written
 */
export function encodeWorld({ metadata, tensors }: WorldContents): Uint8Array {
  const stored = withPixelsAsBytes(tensors);
  const hasBytes = [...stored.values()].some(({ dtype }) => dtype === 'U8');
  return encodeSafetensors(stored, writeWorldMetadata(metadata, 'world', { hasBytes }));
}

/**
 * Reads a world file; the family that it names checks its config. Nothing in it is executed, and no length in it is believed.
 * @param source the file in words, for messages
 * @throws SnowglobeError naming what is wrong
 */
export function decodeWorld(bytes: Uint8Array, source: string): WorldFile {
  const header = readSafetensorsHeader(bytes, bytes.length, source);
  // Metadata first: a file of something else is told so before its weights are read.
  const { metadata, model } = readMetadata(readWorldMetadata(header.metadata, source), source);
  return { metadata, model, tensors: withBytesAsPixels(readTensors(bytes, header, source)) };
}

/**
 * What was put together elsewhere as a world file.
 * @throws SnowglobeError for an unknown family, or a config that it does not accept
 */
export function worldFileOf({ metadata, tensors }: WorldContents, source: string): WorldFile {
  return { ...readMetadata(metadata, source), tensors };
}

function readMetadata(unchecked: UncheckedMetadata, source: string): Omit<WorldFile, 'tensors'> {
  const model = modelOf(unchecked, source);
  const { states } = model.actions;
  for (const [action, rows] of Object.entries(unchecked.keys ?? {})) {
    if (rows.length === states) continue;
    throw new SnowglobeError(
      `${source}: the field 'keys.${action}' must be ${states} rows, one for each state of its family, not ${rows.length}; correct it.`,
    );
  }
  return { metadata: { ...unchecked, config: model.config }, model };
}

/**
 * Reads what a world says about itself from the start of its file.
 * @param start the first `headerBytesNeeded` bytes of the file, or more
 * @param fileBytes size of the whole file
 * @throws SnowglobeError
 */
export function readWorldSummary(start: Uint8Array, fileBytes: number, source: string): WorldSummary {
  const header = readSafetensorsHeader(start, fileBytes, source);
  const metadata = readWorldMetadata(header.metadata, source);
  return { metadata, tensors: header.tensors, parameters: countParameters(metadata, header.tensors) };
}
