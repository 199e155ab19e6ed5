import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { SnowglobeError } from '@snowglobe/graph';
import { messageOf } from './ffmpeg.js';

/** Bytes of a file that tell what it is. */
const HEAD_BYTES = 512;

/** Why a file is not read as a video, in one sentence with what to do: by what is in it, which FFmpeg's own words do not say. */
export function unreadableVideo(path: string, cause: unknown): SnowglobeError {
  return new SnowglobeError(`${path} ${reasonFor(path, cause)}`, { cause });
}

function reasonFor(path: string, cause: unknown): string {
  let head: Buffer;
  let size: number;
  try {
    const found = statSync(path);
    if (found.isDirectory()) return 'is a folder, not a video; give the videos in it by their names';
    size = found.size;
    head = readHead(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return 'does not exist; give the path of a video';
    return `cannot be read (${messageOf(error)}); see its permissions`;
  }
  const text = head.toString('latin1');
  if (size === 0) return 'is empty, a file of 0 bytes; record it again or remove it from the recordings';
  if (head.every((byte) => byte === 0)) {
    return 'begins with zeros alone, as a file does whose recording or copy was cut off; record or copy it again';
  }
  if (isMp4(head)) {
    return hasIndex(path, size)
      ? `is an MP4 that is damaged (${messageOf(cause)}); copy or record it again`
      : 'is an MP4 that was cut off: the index that a recorder writes at the end (moov) is missing; copy or record it again, or repair it with a tool for that';
  }
  if (text.startsWith('\x1a\x45\xdf\xa3')) {
    return `is a WebM or MKV that is cut off or damaged (${messageOf(cause)}); copy or record it again`;
  }
  if (text.startsWith('version https://git-lfs')) {
    return 'is a pointer of Git LFS, not the video itself; fetch it with git lfs pull';
  }
  if (/^\s*<(!doctype|html|\?xml)/i.test(text))
    return 'is a web page, not a video; download the video itself';
  if (text.startsWith('PK\x03\x04')) return 'is a ZIP archive; unpack it and give the videos in it';
  return `cannot be read as a video (${messageOf(cause)}); convert it to MP4, WebM or MKV with H.264, VP9 or AV1`;
}

function readHead(path: string): Buffer {
  return readAt(path, 0, HEAD_BYTES);
}

function readAt(path: string, position: number, length: number): Buffer {
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(length);
    return buffer.subarray(0, readSync(file, buffer, 0, length, position));
  } finally {
    closeSync(file);
  }
}

/** ISO/IEC 14496-12: a box is its length in 32 bits, its type in four letters, then its content. */
function isMp4(head: Buffer): boolean {
  return ['ftyp', 'moov', 'mdat', 'wide', 'free'].includes(head.toString('latin1', 4, 8));
}

/** Whether one of the outermost boxes is whole and has the times and places of frames. */
function hasIndex(path: string, size: number): boolean {
  for (let at = 0, boxes = 0; at + 8 <= size && boxes < 1000; boxes++) {
    const box = readAt(path, at, 16);
    let length = box.readUInt32BE(0);
    if (length === 1 && box.length === 16) length = Number(box.readBigUInt64BE(8));
    if (length === 0) length = size - at;
    if (box.toString('latin1', 4, 8) === 'moov') return at + length <= size;
    if (length < 8) return false;
    at += length;
  }
  return false;
}
