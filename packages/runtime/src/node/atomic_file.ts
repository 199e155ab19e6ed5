import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm, stat, statfs } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { SnowglobeError } from '@snowglobe/graph';
import { formatBytes } from '../format_bytes.js';
import { whyNot } from './why_not.js';

/**
 * Writes a file whole or not at all: to a temporary name beside it, to the disk, then renamed. What was there before
 * stays until the new bytes are safe.
 * @throws SnowglobeError when the disk is full, the folder is missing, or writing is not allowed
 */
export async function writeFileAtomically(path: string, bytes: Uint8Array): Promise<void> {
  // In the same folder, because a rename cannot cross file systems.
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {}); // The first failure is the one to tell about.
    throw explain(cause, path, bytes.length);
  }
}

/**
 * Finds out before long work whether its result can be kept. Leaves nothing behind.
 * @throws SnowglobeError as `writeFileAtomically`, and where a folder has the name
 */
export async function checkWritable(path: string): Promise<void> {
  const isFolder = await stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
  if (isFolder) {
    throw new SnowglobeError(
      `${path}: cannot be saved, there is a folder of that name; choose another name.`,
    );
  }
  const probe = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    await (await open(probe, 'wx')).close();
    await rm(probe);
  } catch (cause) {
    throw explain(cause, path, 0);
  }
}

/**
 * Finds out before long work whether files can be kept in a folder, which is made later where it is missing.
 * @throws SnowglobeError as `writeFileAtomically`, and where a file has the name of a folder
 */
export async function checkFolderWritable(path: string): Promise<void> {
  const { at, isFolder } = await nearestTo(path);
  if (isFolder) return checkWritable(join(at, 'checkpoint'));
  throw new SnowglobeError(`${path}: cannot be made, ${at} is no folder; choose another name.`);
}

/**
 * Makes a folder, with those above it, where it is missing.
 * @throws SnowglobeError where a file is in the way, or writing is not allowed
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (cause) {
    const { at, isFolder } = await nearestTo(path);
    const why = isFolder ? whyNot(cause) : `${at} is no folder`;
    throw new SnowglobeError(`${path}: cannot be made, ${why}; choose another name.`, { cause });
  }
}

/**
 * Finds out before long work whether a disk has room for its result.
 * @param path of a file or folder that is there, or will be
 * @throws SnowglobeError where fewer bytes are free
 */
export async function checkSpace(path: string, bytes: number): Promise<void> {
  // Not every file system says what is free: then writing will tell.
  const disk = await statfs((await nearestTo(path)).at).catch(() => undefined);
  if (!disk || disk.blocks === 0) return;
  const free = disk.bavail * disk.bsize;
  if (free >= bytes) return;
  throw new SnowglobeError(
    `${path}: the disk has ${formatBytes(free)} free, and ${formatBytes(bytes)} are needed; free space or choose another folder.`,
  );
}

/** What there is of a path. */
async function nearestTo(path: string): Promise<{ readonly at: string; readonly isFolder: boolean }> {
  let at = resolve(path);
  let found = await stat(at).catch(() => undefined);
  while (!found && at !== dirname(at)) {
    at = dirname(at);
    found = await stat(at).catch(() => undefined);
  }
  return { at, isFolder: found?.isDirectory() === true };
}

/** The failure in one sentence, or as it is when nobody but us can have caused it. */
function explain(cause: unknown, path: string, size: number): unknown {
  const remedy: Record<string, string> = {
    ENOSPC: `the disk is full; free ${formatBytes(size)} or choose another folder.`,
    EDQUOT: `the disk quota is used up; free ${formatBytes(size)} or choose another folder.`,
    EFBIG: `${formatBytes(size)} are more than a file may have there; choose another folder.`,
    ENOENT: `the folder ${dirname(path)} does not exist; make it first.`,
    ENOTDIR: `${dirname(path)} is not a folder; choose another path.`,
    EISDIR: 'there is a folder of that name; choose another name.',
    EACCES: 'writing is not allowed there; choose another folder.',
    EPERM: 'writing is not allowed there; choose another folder.',
    EROFS: 'the disk is read-only; choose another folder.',
    ENAMETOOLONG: 'the name is too long; choose a shorter one.',
  };
  const text = remedy[(cause as NodeJS.ErrnoException).code ?? ''];
  return text ? new SnowglobeError(`${path}: cannot be saved, ${text}`, { cause }) : cause;
}
