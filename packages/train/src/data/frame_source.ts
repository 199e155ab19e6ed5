import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { readCaptions, type CaptionLog } from './captions.js';
import { keyLogPath, readKeyLog, type KeyLog } from './key_log.js';
import { VideoReader, type FrameFormat, type VideoFrame } from './video_reader.js';

/** A recording that is open. */
export interface FrameReader {
  /** Frames a second; undefined where frames have no rate of their own, and are taken one by one. */
  readonly fps: number | undefined;
  /** Frames in the recording, once `frames` has come to its end. */
  readonly framesRead: number;
  /** All frames in order. Can be called once. */
  frames(format: FrameFormat): Generator<VideoFrame>;
  close(): void;
}

/** One recording, wherever its frames come from. */
export interface FrameSource {
  /** Where it is, for messages. */
  readonly path: string;
  /** What its clip is called. */
  readonly name: string;
  /** Where its key log is, or would be. */
  readonly logPath: string;
  /** Tells apart everything that would be decoded differently, without decoding it. */
  stamp(): Promise<string>;
  /** @throws SnowglobeError for a damaged key log */
  keyLog(): Promise<KeyLog | undefined>;
  /** What its frames show and its game was told, in words. @throws SnowglobeError for what is damaged */
  captions(): Promise<CaptionLog>;
  /** @throws SnowglobeError for what cannot be read */
  open(): Promise<FrameReader>;
}

/** Name, size and time of a file. */
export async function stampOf(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  return JSON.stringify([basename(path), found?.size ?? null, found?.mtimeMs ?? null]);
}

/** A video file. */
export function videoSource(path: string): FrameSource {
  const logPath = keyLogPath(path);
  return {
    path,
    name: basename(path, extname(path)),
    logPath,
    stamp: async () => (await stampOf(path)) + (await stampOf(logPath)),
    keyLog: () => readKeyLog(logPath),
    captions: () => readCaptions(logPath),
    open: () => VideoReader.open(path),
  };
}

/** One text for several recordings and what is made of them. */
export async function fingerprint(sources: readonly FrameSource[], about: unknown): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(about));
  for (const source of sources) hash.update(await source.stamp());
  return hash.digest('hex');
}
