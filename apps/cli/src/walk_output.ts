/** How a walk is written: by the ending of the name. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { SnowglobeError } from '@snowglobe/graph';
import type { ContentLabel, Image } from '@snowglobe/media';
import { InvalidArgumentError } from 'commander';
import { hasEnding } from './options.js';
import type { Signing } from './sign.js';

const endings = ['.gif', '.mkv', '.mp4', '.png'] as const;
type Ending = (typeof endings)[number];

const endingOf = (path: string): Ending | undefined => endings.find((ending) => hasEnding(path, ending));

/** What `--out` takes, in words. */
export const walkOutputHelp =
  'what to write: a GIF; NAME.mkv, a video that keeps every byte (H.264 in RGB); NAME.mp4, one that plays everywhere; ' +
  'NAME.png, a folder NAME of numbered frames';

/** A path by whose ending a walk can be written, for commander. */
export function walkPath(path: string): string {
  if (endingOf(path)) return path;
  throw new InvalidArgumentError(`It must end in ${endings.join(', ')}.`);
}

/** Where the frames go: a file, or for `.png` the folder of that name. */
const placeOf = (path: string): string => (endingOf(path) === '.png' ? path.slice(0, -4) : path);

/**
 * Refuses what cannot be written, before anything is sampled.
 * @throws SnowglobeError for a folder of frames that has something in it already, and what `checkWritable` refuses
 */
export async function checkWalkOutput(path: string): Promise<void> {
  const { checkWritable } = await import('@snowglobe/runtime/internal');
  if (endingOf(path) !== '.png') return checkWritable(path);
  const folder = placeOf(path);
  const inside = await readdir(folder).catch(() => []);
  if (inside.length > 0) {
    throw new SnowglobeError(
      `${folder}: is not empty (${inside[0]}), and what is in it would stand among the frames; choose another name or empty it.`,
    );
  }
  await checkWritable(folder === '' ? path : `${folder}.frames`);
}

/**
 * Writes the frames of a walk.
 * @param scale enlarges by whole pixels; default 4 for what is to be looked at (`.gif`, `.mp4`), 1 for what keeps every byte
 * @param labelOf what a file says of itself, given how many frames it shows, or the number of its frame
 * @param signing what signs each file; default: nobody
 * @returns where they are
 */
export async function writeWalk(
  path: string,
  frames: readonly Image[],
  {
    fps,
    scale,
    labelOf,
    signing,
  }: {
    readonly fps: number;
    readonly scale?: number | undefined;
    readonly labelOf: (frames: number) => ContentLabel;
    readonly signing?: Signing | undefined;
  },
): Promise<string> {
  const [{ makeFolder, writeFileAtomically }, { encodeGif, encodePng, toRgb }, { enlarge }] =
    await Promise.all([
      import('@snowglobe/runtime/internal'),
      import('@snowglobe/media'),
      import('@snowglobe/media/internal'),
    ]);
  const ending = endingOf(path)!;
  const isLossless = ending === '.mkv' || ending === '.png';
  const images = frames.map((frame) => enlarge(frame, scale ?? (isLossless ? 1 : 4)));
  const place = placeOf(path);
  const write = async (file: string, bytes: Uint8Array, label: ContentLabel): Promise<void> =>
    writeFileAtomically(file, signing ? await signing.sign(bytes, file, label) : bytes);
  if (ending === '.gif') {
    const label = labelOf(images.length);
    await write(place, encodeGif(images, { fps, label }), label);
  } else if (ending === '.png') {
    await makeFolder(place);
    for (const [i, image] of images.entries()) {
      const label = labelOf(i);
      await write(join(place, `${String(i).padStart(5, '0')}.png`), encodePng(image, { label }), label);
    }
  } else {
    const { writeVideo } = await import('@snowglobe/train/internal');
    const { width, height } = images[0]!;
    const label = labelOf(images.length);
    const videoTo = (path: string) =>
      writeVideo(
        path,
        images.map((image) => Uint8Array.from(toRgb(image).data)),
        { width, height, fps, lossless: isLossless, label },
      );
    if (!signing) await videoTo(place);
    else {
      // Nothing stands in its place that is not signed.
      const folder = await mkdtemp(join(tmpdir(), 'snowglobe-video-'));
      try {
        const unsigned = join(folder, basename(place));
        await videoTo(unsigned);
        await write(place, await readFile(unsigned), label);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    }
  }
  return place;
}
