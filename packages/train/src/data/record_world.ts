import { join } from 'node:path';
import { SnowglobeError } from '@snowglobe/graph';
import type { ContentLabel } from '@snowglobe/media';
import { policyNames, type PolicyName, type World } from '@snowglobe/worlds';
import { makeFolder, writeFileAtomically } from '@snowglobe/runtime/internal';
import { playEpisode } from './episode.js';
import { keyLogPath } from './key_log.js';
import { writeVideo } from './video_writer.js';

/** What a simulator records, and where. */
export interface RecordOptions {
  /** Folder that the clips go to; made where it is missing. */
  readonly folder: string;
  /** How many clips, each of a level of its own. */
  readonly clips: number;
  /** Frames of each clip, at least two. */
  readonly frames: number;
  /** Decides levels and actions. Default 0. */
  readonly seed?: number;
  /** Who plays; 'mixed', the default, takes turns among all policies. */
  readonly policy?: PolicyName | 'mixed';
  /** One of the world's looks; by default each level's seed chooses. */
  readonly look?: string;
  /** How many events to expect in a clip, of worlds that can be told any. Default 0. */
  readonly events?: number;
  /** Whether every byte is kept. Default true. */
  readonly lossless?: boolean;
  /** What the videos say of how they came to be; default nothing. */
  readonly label?: ContentLabel;
  /** Called after each clip. */
  readonly onProgress?: (clipsDone: number) => void;
}

/** The file beside clips that names the pictures which cells show. */
const legendName = 'legend.json';

/**
 * Plays a simulated world and records it: for each clip `NAME.mp4`, and `NAME.json` with the true actions and states, and for worlds that are
 * drawn of exact patches `legend.json`, the legend that evaluations read.
 *
 * @returns paths of the videos
 * @throws SnowglobeError for impossible numbers, an unknown policy, or a folder that cannot be written
 */
export async function recordWorld<State>(world: World<State>, options: RecordOptions): Promise<string[]> {
  const { folder, clips, frames, seed = 0, policy = 'mixed', look, lossless = true, onProgress } = options;
  const { events = 0, label } = options;
  if (!Number.isInteger(clips) || clips < 1 || !Number.isInteger(frames) || frames < 2) {
    throw new SnowglobeError(
      `recording ${clips} clips of ${frames} frames: at least 1 clip of 2 frames is needed`,
    );
  }
  if (policy !== 'mixed' && !policyNames.includes(policy)) {
    throw new SnowglobeError(
      `there is no policy "${String(policy)}"; choose one of mixed, ${policyNames.join(', ')}`,
    );
  }
  if (look !== undefined && !world.looks.includes(look)) {
    throw new SnowglobeError(`${world.name} has no look "${look}"; choose one of ${world.looks.join(', ')}`);
  }
  if (events !== 0 && !world.events) {
    throw new SnowglobeError(`${world.name} cannot be told events; record it without any`);
  }
  await makeFolder(folder);
  if (world.legend) {
    await writeFileAtomically(join(folder, legendName), Buffer.from(JSON.stringify(world.legend())));
  }

  const paths: string[] = [];
  for (let clip = 0; clip < clips; clip++) {
    const episode = playEpisode(world, { clip, frames, seed, policy, look, events });
    const path = join(folder, `${episode.name}.mp4`);
    await writeVideo(path, episode.pictures(), {
      width: world.width,
      height: world.height,
      fps: world.fps,
      lossless,
      label,
    });
    const record = {
      game: world.name,
      level: episode.level,
      policy: episode.player,
      fps: world.fps,
      frames,
      width: world.width,
      height: world.height,
      lossless,
      actionNames: world.actionNames,
      actions: [...episode.actions, null],
      stateNames: world.stateNames,
      states: episode.states,
      ...(world.events && { events: episode.events }),
      views: episode.views,
    };
    await writeFileAtomically(keyLogPath(path), Buffer.from(JSON.stringify(record)));
    paths.push(path);
    onProgress?.(clip + 1);
  }
  return paths;
}
