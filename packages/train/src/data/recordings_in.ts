import { open, readdir, realpath, stat } from 'node:fs/promises';
import { extname, join, parse } from 'node:path';
import { SnowglobeError } from '@snowglobe/graph';
import { messageOf } from './ffmpeg.js';
import { videoSource, type FrameSource } from './frame_source.js';
import { inNaturalOrder, pictureSource } from './picture_folder.js';
import { simulatedNames, simulatedSources } from './simulated_source.js';

const endings = (list: string): ReadonlySet<string> => new Set(list.split(' '));
/** What files in a folder must be called to be taken for recordings. */
const VIDEO_ENDINGS = endings(
  '.mp4 .m4v .mov .webm .mkv .avi .gif .mpg .mpeg .ts .m2ts .mts .flv .ogv .wmv .3gp .h264 .h265 .hevc .ivf .mjpeg',
);
/** MPEG transport streams share this ending with TypeScript. */
const TRANSPORT_ENDINGS = endings('.ts .m2ts .mts');
/** Kinds of pictures by their endings; of these, PNG and JPEG are read. */
const PICTURES: Readonly<Record<string, string>> = {
  ...{ '.png': 'PNG', '.jpg': 'JPEG', '.jpeg': 'JPEG', '.jpe': 'JPEG', '.jfif': 'JPEG' },
  ...{ '.webp': 'WebP', '.bmp': 'BMP', '.tif': 'TIFF', '.tiff': 'TIFF', '.avif': 'AVIF', '.heic': 'HEIC' },
  ...{ '.ppm': 'PPM', '.tga': 'TGA', '.exr': 'EXR', '.qoi': 'QOI', '.jxl': 'JPEG XL', '.jp2': 'JPEG 2000' },
};
const READ_KINDS = ['PNG', 'JPEG'];

/**
 * The recordings of a source: videos in the order of their names, frames and folders of them by the numbers in theirs. Links
 * are followed.
 * @throws SnowglobeError for a source that is not there, a folder without recordings, or one of which it is not clear which
 *   of its files are meant
 */
export async function recordingsIn(source: string): Promise<FrameSource[]> {
  let isFolder: boolean;
  try {
    isFolder = (await stat(source)).isDirectory();
  } catch (cause) {
    const simulated = simulatedSources(source);
    if (simulated) return simulated;
    throw new SnowglobeError(
      `${source} does not exist or cannot be read; give a video, a folder of videos or frames, or a simulated game (${simulatedNames()})`,
      { cause },
    );
  }
  if (isFolder) return recordingsInFolder(source);
  const kind = kindOf(source);
  if (kind !== undefined) {
    throw new SnowglobeError(
      `${source} is a picture (${kind}), not a video; give the folder that has the frames`,
    );
  }
  return [videoSource(source)];
}

async function recordingsInFolder(folder: string): Promise<FrameSource[]> {
  const inside = await lookInto(folder);
  const { videos, frames } = inside;
  if (videos.length > 0) {
    // Pictures of the videos' names are what players and sites show of them.
    const names = new Set(videos.map((name) => parse(name).name));
    const others = frames.filter((name) => !names.has(parse(name).name));
    if (others.length < 2) return videos.map((name) => videoSource(join(folder, name)));
    throw new SnowglobeError(
      `${folder} has videos in it (${inWords(videos)}) and frames too (${others.length} ${kindOf(others[0]!)}); ` +
        'give the videos by their names, or move the frames to a folder of their own',
    );
  }
  if (frames.length > 1) return [pictureSource(folder, frames)];
  const sources: FrameSource[] = [];
  const seen = new Set([await realpath(folder)]);
  for (const name of inside.folders) {
    const sub = join(folder, name);
    // A link may lead back to the folder itself, or to one that has been looked into.
    const place = await realpath(sub);
    if (seen.has(place)) continue;
    seen.add(place);
    const found = (await lookInto(sub)).frames;
    if (found.length > 0) sources.push(pictureSource(sub, found));
  }
  if (sources.length > 0) return sources;
  if (frames.length > 0) return [pictureSource(folder, frames)];
  const unread =
    inside.unread.length > 0
      ? `; its ${inside.unread.length} ${kindOf(inside.unread[0]!)} pictures are not read, convert them to PNG or JPEG`
      : '; give the folder that has them, subfolders are not searched for videos';
  throw new SnowglobeError(
    `${folder} has no videos in it (${[...VIDEO_ENDINGS].join(' ')}), no PNG or JPEG frames and no folders of them${unread}`,
  );
}

interface Contents {
  readonly videos: readonly string[];
  /** Pictures of the kind that there are more of, by the numbers in their names. */
  readonly frames: readonly string[];
  /** Pictures of kinds that are not read. */
  readonly unread: readonly string[];
  readonly folders: readonly string[];
}

/** Names in a folder by what they are. Hidden ones are nobody's recordings. */
async function lookInto(folder: string): Promise<Contents> {
  const names = await readdir(folder).catch((cause: Error) => {
    throw new SnowglobeError(`${folder} cannot be looked into (${messageOf(cause)}); see its permissions`, {
      cause,
    });
  });
  const files: string[] = [];
  const folders: string[] = [];
  for (const name of inNaturalOrder(names.filter((each) => !each.startsWith('.')))) {
    // A link that leads nowhere is nothing.
    const found = await stat(join(folder, name)).catch(() => undefined);
    if (found?.isDirectory()) folders.push(name);
    else if (found) files.push(name);
  }
  const videos: string[] = [];
  for (const name of files.filter((each) => VIDEO_ENDINGS.has(endingOf(each))).sort()) {
    if (!TRANSPORT_ENDINGS.has(endingOf(name)) || (await isTransportStream(join(folder, name)))) {
      videos.push(name);
    }
  }
  const pictures = files.filter((name) => kindOf(name) !== undefined);
  const [most, fewer] = READ_KINDS.map((kind) => pictures.filter((name) => kindOf(name) === kind)).sort(
    (a, b) => b.length - a.length,
  ) as [string[], string[]];
  if (fewer.length > 1) {
    throw new SnowglobeError(
      `${folder} has ${most.length} ${kindOf(most[0]!)} frames and ${fewer.length} ${kindOf(fewer[0]!)} frames; keep one kind in it`,
    );
  }
  const unread = pictures.filter((name) => !READ_KINDS.includes(kindOf(name)!));
  return { videos, frames: most, unread, folders };
}

const endingOf = (name: string): string => extname(name).toLowerCase();
const kindOf = (name: string): string | undefined => PICTURES[endingOf(name)];

const inWords = (names: readonly string[]): string =>
  names.length > 3 ? `${names[0]} and ${names.length - 1} more` : names.join(', ');

/** ISO/IEC 13818-1, 2.4.3.2: packets of 188 bytes begin with 0x47; Blu-ray and cameras put four bytes before each. */
async function isTransportStream(path: string): Promise<boolean> {
  const file = await open(path).catch(() => undefined);
  // What cannot be read is told when it is opened as a video.
  if (!file) return true;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2 * 192), 0, 2 * 192, 0);
    const begins = (at: number): boolean =>
      bytesRead > 2 * at + 188 && buffer[at] === 0x47 && buffer[2 * at + 188] === 0x47;
    return begins(0) || begins(4);
  } finally {
    await file.close();
  }
}
