import { readCaptions } from './captions.js';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { SnowglobeError } from '@snowglobe/graph';
import { decodeImage, resize, toRgb } from '@snowglobe/media';
import { stampOf, type FrameReader, type FrameSource } from './frame_source.js';
import { readKeyLog } from './key_log.js';
import type { FrameFormat, VideoFrame } from './video_reader.js';

/** By the numbers in the names: frame2 comes before frame10. */
const natural = new Intl.Collator('en', { numeric: true });

/** Names in the order of the numbers in them; those that differ in leading zeros alone in that of their letters. */
export const inNaturalOrder = (names: readonly string[]): string[] =>
  [...names].sort((a, b) => natural.compare(a, b) || (a < b ? -1 : 1));

/**
 * A folder of numbered PNG or JPEG frames as a recording. Its key log is `NAME.json` beside the folder NAME.
 * @param names of the files, in order
 */
export function pictureSource(folder: string, names: readonly string[]): FrameSource {
  const files = names.map((name) => join(folder, name));
  const path = resolve(folder);
  const logPath = `${path}.json`;
  return {
    path: folder,
    name: basename(path),
    logPath,
    async stamp() {
      const stamps = [basename(path), await stampOf(logPath)];
      for (const file of files) stamps.push(await stampOf(file));
      return stamps.join();
    },
    keyLog: () => readKeyLog(logPath),
    captions: () => readCaptions(logPath),
    open: async () => {
      // What cannot be read at all is told before anything is decoded.
      await readFile(files[0]!).catch((cause: Error) => {
        throw unreadable(files[0]!, cause);
      });
      return new PictureReader(files);
    },
  };
}

/** Frames as they are, one by one: they have no rate. Scaled as videos are. */
class PictureReader implements FrameReader {
  readonly fps = undefined;
  framesRead = 0;

  constructor(private readonly files: readonly string[]) {}

  *frames({ width, height }: FrameFormat): Generator<VideoFrame> {
    let size = '';
    for (const file of this.files) {
      let bytes: Uint8Array;
      try {
        bytes = readFileSync(file);
      } catch (cause) {
        throw unreadable(file, cause as Error);
      }
      const image = toRgb(decodeImage(bytes, file));
      const found = `${image.width}x${image.height}`;
      if (size !== '' && found !== size) {
        throw new SnowglobeError(
          `${file} is ${found} and the frames before it are ${size}; bring all frames of a recording to one size, or give each its folder.`,
        );
      }
      size = found;
      const { data } = resize(image, width, height);
      yield { rgb: data as Uint8Array, source: this.framesRead++ };
    }
  }

  close(): void {}
}

const unreadable = (file: string, cause: Error): SnowglobeError =>
  new SnowglobeError(`${file} cannot be read (${cause.message}); see its permissions`, { cause });
