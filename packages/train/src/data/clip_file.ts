import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { SnowglobeError } from '@snowglobe/graph';
import * as v from 'valibot';

/**
 * Decoded recordings in one file, so that training reads any window of frames without decoding video again:
 *
 *     magic (8 bytes) | frames, (height, width, 3) bytes each, clip after clip | index (JSON) | footer (16 bytes)
 *
 * The footer is the index's length, its CRC-32, both little endian, and the magic again. Every clip has a CRC-32 too.
 * The file is a cache: whatever is wrong with it, it is made again.
 */
const MAGIC = Buffer.from('SNOWCLP1', 'latin1');
const FOOTER_BYTES = 16;
/** Bytes that are written, or checked, at once. */
const CHUNK_BYTES = 4 << 20;
/** An index of a million clips is smaller. */
const MAX_INDEX_BYTES = 512 << 20;

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const positive = v.pipe(count, v.minValue(1));
const clipSchema = v.strictObject({
  name: v.string(),
  frames: positive,
  crc32: count,
  // Per frame, an index into `actionNames` or -1; null where there is no key log.
  actions: v.nullable(v.array(v.pipe(v.number(), v.safeInteger(), v.minValue(-1)))),
  // (frames, stateNames) in a row; null where the key log has none.
  states: v.nullable(v.array(v.number())),
});
const indexSchema = v.strictObject({
  // What the file was made from and how.
  key: v.string(),
  width: positive,
  height: positive,
  fps: v.pipe(v.number(), v.gtValue(0)),
  actionNames: v.array(v.string()),
  // Of all clips; empty where not every one has the same.
  stateNames: v.array(v.string()),
  clips: v.array(clipSchema),
});

export type ClipIndex = v.InferOutput<typeof indexSchema>;
export type ClipEntry = ClipIndex['clips'][number];

/** Where the first frame starts. */
export const DATA_START = MAGIC.length;

/** Writes a clip file piece by piece; it appears under its name when it is complete. */
export class ClipFileWriter {
  private readonly buffer = Buffer.alloc(CHUNK_BYTES);
  private used = 0;
  private clipCrc = 0;

  private constructor(
    private readonly path: string,
    private readonly temporary: string,
    private readonly file: FileHandle,
  ) {}

  static async create(path: string): Promise<ClipFileWriter> {
    const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
    try {
      await mkdir(dirname(path), { recursive: true });
      const writer = new ClipFileWriter(path, temporary, await open(temporary, 'wx'));
      await writer.put(MAGIC);
      return writer;
    } catch (cause) {
      throw cannotWrite(path, cause);
    }
  }

  // Appends frames to the clip that is being written.
  async append(frames: Uint8Array): Promise<void> {
    this.clipCrc = crc32(frames, this.clipCrc);
    await this.put(frames);
  }

  // Ends a clip. @returns the CRC-32 of its frames
  endClip(): number {
    const crc = this.clipCrc;
    this.clipCrc = 0;
    return crc;
  }

  // Writes the index and gives the file its name.
  async finish(index: ClipIndex): Promise<void> {
    const json = Buffer.from(JSON.stringify(index));
    const footer = Buffer.alloc(FOOTER_BYTES);
    footer.writeUInt32LE(json.length, 0);
    footer.writeUInt32LE(crc32(json), 4);
    MAGIC.copy(footer, 8);
    await this.put(json);
    await this.put(footer);
    try {
      await this.flush();
      await this.file.sync();
      await this.file.close();
      await rename(this.temporary, this.path);
    } catch (cause) {
      throw cannotWrite(this.path, cause);
    }
  }

  // Removes what has been written.
  async abort(): Promise<void> {
    await this.file.close().catch(() => {}); // It may be closed already; the file goes in any case.
    await rm(this.temporary, { force: true });
  }

  private async put(bytes: Uint8Array): Promise<void> {
    for (let from = 0; from < bytes.length;) {
      const part = bytes.subarray(from, from + CHUNK_BYTES - this.used);
      this.buffer.set(part, this.used);
      this.used += part.length;
      from += part.length;
      if (this.used === CHUNK_BYTES) await this.flush();
    }
  }

  private async flush(): Promise<void> {
    try {
      // A disk may take less than it was given.
      for (let from = 0; from < this.used;) {
        from += (await this.file.write(this.buffer, from, this.used - from)).bytesWritten;
      }
    } catch (cause) {
      throw cannotWrite(this.path, cause);
    }
    this.used = 0;
  }
}

/**
 * Reads a clip file's index and checks every byte of the file against it.
 * @returns undefined where there is no file, or one that is damaged
 */
export async function readClipIndex(path: string): Promise<ClipIndex | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch {
    return undefined; // Not there yet, or not readable: it is made again, and writing will tell what is wrong.
  }
  try {
    const { size } = await file.stat();
    if (size < DATA_START + FOOTER_BYTES) return undefined;
    const magic = await readExactly(file, 0, MAGIC.length);
    const footer = await readExactly(file, size - FOOTER_BYTES, FOOTER_BYTES);
    const length = footer.readUInt32LE(0);
    const dataEnd = size - FOOTER_BYTES - length;
    if (!magic.equals(MAGIC) || !footer.subarray(8).equals(MAGIC)) return undefined;
    if (length > MAX_INDEX_BYTES || dataEnd < DATA_START) return undefined;
    const json = await readExactly(file, dataEnd, length);
    if (crc32(json) !== footer.readUInt32LE(4)) return undefined;
    const index = v.parse(indexSchema, JSON.parse(json.toString()));
    return (await dataMatches(file, index, dataEnd)) ? index : undefined;
  } catch {
    return undefined;
  } finally {
    await file.close();
  }
}

async function dataMatches(file: FileHandle, index: ClipIndex, dataEnd: number): Promise<boolean> {
  const frameBytes = index.width * index.height * 3;
  const total = index.clips.reduce((sum, clip) => sum + clip.frames, 0);
  if (dataEnd - DATA_START !== total * frameBytes) return false;
  let at = DATA_START;
  for (const clip of index.clips) {
    if (clip.actions !== null && clip.actions.length !== clip.frames) return false;
    if (clip.actions?.some((action) => action >= index.actionNames.length)) return false;
    if (clip.states !== null && clip.states.length !== clip.frames * index.stateNames.length) return false;
    const end = at + clip.frames * frameBytes;
    let crc = 0;
    for (; at < end; at += CHUNK_BYTES) {
      crc = crc32(await readExactly(file, at, Math.min(CHUNK_BYTES, end - at)), crc);
    }
    at = end;
    if (crc !== clip.crc32) return false;
  }
  return true;
}

async function readExactly(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  for (let got = 0; got < length;) {
    const { bytesRead } = await file.read(buffer, got, length - got, position + got);
    if (bytesRead === 0) throw new Error('unexpected end of file');
    got += bytesRead;
  }
  return buffer;
}

function cannotWrite(path: string, cause: unknown): SnowglobeError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const why = code === 'ENOSPC' ? 'the disk is full' : message;
  return new SnowglobeError(
    `the decoded recordings cannot be written to ${dirname(path)} (${why}); free space there or use another cache folder`,
    { cause },
  );
}
