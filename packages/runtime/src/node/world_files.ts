/** World files on a disk: the model package reads and writes their bytes, this finds and keeps them. */
import type { FileHandle } from 'node:fs/promises';
import { open, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { SnowglobeError } from '@snowglobe/graph';
import type { WorldContents, WorldFile, WorldSummary } from '@snowglobe/model';
import { decodeWorld, encodeWorld, readWorldSummary } from '@snowglobe/model';
import { LENGTH_BYTES, headerBytesNeeded } from '@snowglobe/model/internal';
import { formatBytes } from '../format_bytes.js';
import { writeFileAtomically } from './atomic_file.js';

const EXTENSION = '.safetensors';
/** Worlds have a few megabytes; what is larger than this is something else, and is not read into memory. */
const MAX_WORLD_BYTES = 1_000_000_000;

/**
 * Reads a world from a file.
 * @throws SnowglobeError when the file is missing, too large, or no valid world
 */
export async function readWorldFile(path: string): Promise<WorldFile> {
  return decodeWorld(await readWorldBytes(path), path);
}

/**
 * The bytes of a world file, as they are.
 * @throws SnowglobeError when the file is missing or too large
 */
export async function readWorldBytes(path: string): Promise<Uint8Array> {
  return withWorldFile(path, (file, size) => readBytes(file, path, 0, size));
}

/**
 * Reads what a world says about itself, and no weights.
 * @returns the summary and the size of the file in bytes
 * @throws SnowglobeError as `readWorldFile`
 */
export async function readWorldFileSummary(path: string): Promise<WorldSummary & { readonly bytes: number }> {
  return withWorldFile(path, async (file, size) => {
    const length = await readBytes(file, path, 0, Math.min(size, LENGTH_BYTES));
    const start = await readBytes(file, path, 0, headerBytesNeeded(length, size, path));
    return { ...readWorldSummary(start, size, path), bytes: size };
  });
}

/**
 * Writes a world whole or not at all.
 * @throws SnowglobeError when it cannot be written: a full disk, a missing folder, weights that are not finite
 */
export async function writeWorldFile(path: string, world: WorldContents): Promise<void> {
  await writeFileAtomically(path, encodeWorld(world));
}

/**
 * Names and paths of the world files in a folder, by name; none when there is no such folder. Nothing is read.
 */
export async function findWorldFiles(folder: string): Promise<{ name: string; path: string }[]> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (cause) {
    if (['ENOENT', 'ENOTDIR'].includes((cause as NodeJS.ErrnoException).code ?? '')) return [];
    throw explain(cause, folder);
  }
  // A leading dot marks files that are being written.
  return names
    .filter((file) => file.endsWith(EXTENSION) && !file.startsWith('.'))
    .map((file) => ({ name: basename(file, EXTENSION), path: join(folder, file) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function withWorldFile<T>(
  path: string,
  read: (file: FileHandle, size: number) => Promise<T>,
): Promise<T> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    const stat = await file.stat();
    if (!stat.isFile()) {
      throw new SnowglobeError(`${path}: is not a file; give the path of a ${EXTENSION} world.`);
    }
    if (stat.size > MAX_WORLD_BYTES) {
      throw new SnowglobeError(
        `${path}: has ${formatBytes(stat.size)}, and a world has at most ${formatBytes(MAX_WORLD_BYTES)}; use another file.`,
      );
    }
    return await read(file, stat.size);
  } catch (cause) {
    throw explain(cause, path);
  } finally {
    await file?.close();
  }
}

/** Exactly `size` bytes from `position`. */
async function readBytes(
  file: FileHandle,
  path: string,
  position: number,
  size: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  let filled = 0;
  while (filled < size) {
    const { bytesRead } = await file.read(bytes, filled, size - filled, position + filled);
    if (bytesRead === 0) {
      throw new SnowglobeError(`${path}: became shorter while it was read; try again when it is written.`);
    }
    filled += bytesRead;
  }
  return bytes;
}

/** A system error in one sentence; anything else as it is. */
function explain(cause: unknown, path: string): unknown {
  const remedy: Record<string, string> = {
    ENOENT: 'does not exist; check the path, or see snowglobe worlds.',
    ENOTDIR: 'does not exist; check the path, or see snowglobe worlds.',
    EACCES: 'may not be read; change its permissions.',
    EPERM: 'may not be read; change its permissions.',
    EISDIR: `is a folder; give the path of a ${EXTENSION} world.`,
    ENAMETOOLONG: 'does not exist: the name is too long; check the path.',
  };
  const text = remedy[(cause as NodeJS.ErrnoException).code ?? ''];
  return text ? new SnowglobeError(`${path}: ${text}`, { cause }) : cause;
}
