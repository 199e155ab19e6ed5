import { createHash } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { SnowglobeError } from '@snowglobe/graph';
import { fpsLimits } from '@snowglobe/model/internal';
import { ClipDataset } from './clip_dataset.js';
import { ClipFileWriter, readClipIndex, type ClipEntry, type ClipIndex } from './clip_file.js';
import { fingerprint, type FrameReader, type FrameSource } from './frame_source.js';
import { resampleActions, UNKNOWN_ACTION, type KeyLog } from './key_log.js';
import { recordingsIn } from './recordings_in.js';
import type { FrameFormat } from './video_reader.js';

/** The size and the rate that recordings are brought to. */
export interface RecordingOptions {
  /** Size that frames are brought to: proportions are kept, what stands out is cut off on both sides alike. */
  readonly width: number;
  readonly height: number;
  /**
   * Frames a second that recordings are brought to; by default the first one's own rate, and 15 where that has none, as folders
   * of frames. Those are taken one by one at any rate.
   */
  readonly fps?: number;
  /** Folder for the decoded frames, width * height * 3 bytes each. */
  readonly cacheFolder: string;
  /** Called now and then while videos are decoded. */
  readonly onProgress?: (progress: DecodingProgress) => void;
}

/** How far decoding has come. */
export interface DecodingProgress {
  readonly clips: number;
  readonly clipsTotal: number;
  readonly frames: number;
  readonly framesPerSecond: number;
}

/** Changes whenever the same recordings would be decoded to other bytes. */
const VERSION = 3;
/** Decoded frames between turns of the event loop. */
const FRAMES_A_TURN = 64;
/** Of frames that do not say. */
const USUAL_FPS = 15;
/** Unfinished files of other processes are theirs for a day. */
const ABANDONED_MS = 24 * 3600 * 1000;

/**
 * Opens recordings for training: decodes them into a cache file, or finds that file where they have not changed since.
 *
 * Beside `NAME.mp4`, or the folder `NAME`, a `NAME.json` may tell which keys were held: `actionNames`, and in `actions` an index
 * into it for each frame (null where unknown). It may tell the game's true state as well: `stateNames`, and in `states` a row of numbers
 * for each frame.
 *
 * @param source a video file, a folder of them (its subfolders are not searched), a folder of numbered PNG or JPEG frames or of
 *   such folders, the name of a simulated game, or several of these
 * @throws SnowglobeError for a source that is not there, a folder without recordings, one that cannot be read or has fewer than
 *   two frames, frames of several sizes, a damaged key log, or a disk that does not take the frames
 */
export async function openRecordings(
  source: string | readonly string[],
  options: RecordingOptions,
): Promise<ClipDataset> {
  const sources = typeof source === 'string' ? [source] : source;
  const found = (await Promise.all(sources.map(recordingsIn))).flat();
  if (found.length === 0)
    throw new SnowglobeError('there are no recordings to open; give a video or a folder of them');

  const { width, height, fps } = options;
  const key = await fingerprint(found, [VERSION, width, height, fps ?? null]);
  const path = cachePath(sources, options);
  const cached = await readClipIndex(path);
  const captions = () => Promise.all(found.map((each) => each.captions()));
  if (cached?.key === key) return ClipDataset.open(path, cached, captions);
  await removeAbandoned(path);
  return ClipDataset.open(path, await decodeAll(found, options, key, path), captions);
}

/** One file for the same sources and format: when recordings change, the new file takes the old one's place. */
function cachePath(
  sources: readonly string[],
  { width, height, fps, cacheFolder }: RecordingOptions,
): string {
  const hash = createHash('sha256').update(JSON.stringify(sources.map((source) => resolve(source))));
  const name = basename(resolve(sources[0]!))
    .replace(/[^\w.-]+/g, '_')
    .slice(0, 40);
  const format = `${width}x${height}${fps === undefined ? '' : `@${fps}`}`;
  return join(cacheFolder, `${name}-${format}-${hash.digest('hex').slice(0, 12)}.clips`);
}

/** Removes what a process that was killed while decoding has left. */
async function removeAbandoned(path: string): Promise<void> {
  const folder = dirname(path);
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.startsWith(`.${basename(path)}.`) || !name.endsWith('.tmp')) continue;
    const left = join(folder, name);
    const found = await stat(left).catch(() => undefined);
    if (found !== undefined && Date.now() - found.mtimeMs > ABANDONED_MS) await rm(left, { force: true });
  }
}

async function decodeAll(
  sources: readonly FrameSource[],
  options: RecordingOptions,
  key: string,
  path: string,
): Promise<ClipIndex> {
  const { width, height, onProgress } = options;
  const actionNames: string[] = [];
  const clips: ClipEntry[] = [];
  const stateNames: (readonly string[])[] = [];
  const started = performance.now();
  let fps = options.fps;
  let frames = 0;
  const report = (): void => {
    const framesPerSecond = (frames * 1000) / (performance.now() - started);
    onProgress?.({ clips: clips.length, clipsTotal: sources.length, frames, framesPerSecond });
  };

  const writer = await ClipFileWriter.create(path);
  try {
    for (const recording of sources) {
      const log = await recording.keyLog();
      const reader = await recording.open();
      try {
        fps ??= ownRate(recording.path, reader);
        const origins: number[] = [];
        for (const { rgb, source } of reader.frames({ width, height, fps })) {
          await writer.append(rgb);
          origins.push(source);
          frames += 1;
          if (frames % FRAMES_A_TURN === 0) {
            report();
            await new Promise(setImmediate);
          }
        }
        checkLength(recording.path, reader.framesRead, origins.length, fps);
        const states = log?.states && log.states.rows.length >= reader.framesRead ? log.states : undefined;
        clips.push({
          name: recording.name,
          frames: origins.length,
          crc32: writer.endClip(),
          actions:
            log === undefined ? null : actionsOf(recording, log, reader.framesRead, origins, actionNames),
          states: states ? origins.flatMap((origin) => states.rows[origin]!) : null,
        });
        stateNames.push(states?.names ?? []);
      } finally {
        reader.close();
      }
    }
    // States are of use where all clips tell the same.
    const same = new Set(stateNames.map((names) => JSON.stringify(names))).size === 1;
    const index: ClipIndex = {
      ...{ key, width, height, fps: fps!, actionNames },
      stateNames: same ? [...stateNames[0]!] : [],
      clips: same ? clips : clips.map((clip) => ({ ...clip, states: null })),
    };
    await writer.finish(index);
    report();
    return index;
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

/** A recording's own rate. @throws SnowglobeError for one that a world cannot have */
function ownRate(path: string, { fps }: FrameReader): number {
  const { least, most } = fpsLimits;
  if (fps === undefined) return USUAL_FPS;
  if (fps >= least && fps <= most) return fps;
  throw new SnowglobeError(
    `${path} has ${fps} frames a second by the times in it, and a world can have ${least} to ${most}; ` +
      'set the rate that it is brought to (--fps), or record it again',
  );
}

function checkLength(video: string, framesRead: number, kept: number, fps: FrameFormat['fps']): void {
  if (framesRead === 0) {
    throw new SnowglobeError(
      `${video} has no frames in it; record it again or remove it from the recordings`,
    );
  }
  if (framesRead === 1) {
    throw new SnowglobeError(
      `${video} has one frame, a picture in which nothing moves; give a recording of at least two`,
    );
  }
  if (kept < 2) {
    throw new SnowglobeError(
      `${video} has ${framesRead} frames, but lasts for one at ${fps} frames a second; give a longer recording or a higher rate`,
    );
  }
}

/** Actions of the kept frames, as indices into the names of all clips together, to which new names are added. */
function actionsOf(
  { logPath }: FrameSource,
  log: KeyLog,
  framesRead: number,
  origins: readonly number[],
  actionNames: string[],
): number[] {
  // The last frame's action changes nothing that is seen; some recorders leave it out.
  if (log.actions.length !== framesRead && log.actions.length !== framesRead - 1) {
    throw new SnowglobeError(
      `${logPath} has ${log.actions.length} actions for ${framesRead} frames; give one for each frame`,
    );
  }
  const renumbered = log.actionNames.map((name) => {
    const known = actionNames.indexOf(name);
    return known >= 0 ? known : actionNames.push(name) - 1;
  });
  return Array.from(resampleActions(log.actions, origins), (action) =>
    action === UNKNOWN_ACTION ? UNKNOWN_ACTION : renumbered[action]!,
  );
}
