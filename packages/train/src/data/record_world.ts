import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SnowglobeError } from '@snowglobe/graph';
import { createPolicy, policyNames, type PolicyName, type World } from '@snowglobe/worlds';
import { writeFileAtomically } from '@snowglobe/runtime';
import { keyLogPath } from './key_log.js';
import { writeVideo } from './video_writer.js';

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
  /** Whether every byte is kept. Default true. */
  readonly lossless?: boolean;
  /** Called after each clip. */
  readonly onProgress?: (clipsDone: number) => void;
}

/** Seeds of levels and of players are this far apart from clip to clip, so that recordings share none by accident. */
const SEED_STRIDE = 10_007;

/**
 * Plays a simulated world and records it: for each clip `NAME.mp4`, and `NAME.json` with the true actions and states.
 *
 * @returns paths of the videos
 * @throws SnowglobeError for impossible numbers, an unknown policy, or a folder that cannot be written
 */
export async function recordWorld<State>(world: World<State>, options: RecordOptions): Promise<string[]> {
  const { folder, clips, frames, seed = 0, policy = 'mixed', look, lossless = true, onProgress } = options;
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
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw new SnowglobeError(
      `the folder ${folder} cannot be made (${(cause as Error).message}); choose another`,
      { cause },
    );
  }

  const paths: string[] = [];
  for (let clip = 0; clip < clips; clip++) {
    const player = policy === 'mixed' ? policyNames[clip % policyNames.length]! : policy;
    const level = seed * SEED_STRIDE + clip;
    const path = join(folder, `${player}-${String(level).padStart(6, '0')}.mp4`);
    const episode = play(world, player, level, frames, look);
    await writeVideo(path, episode.pictures(), {
      width: world.width,
      height: world.height,
      fps: world.fps,
      lossless,
    });
    const record = {
      game: world.name,
      level,
      policy: player,
      fps: world.fps,
      frames,
      width: world.width,
      height: world.height,
      lossless,
      actionNames: world.actionNames,
      actions: episode.actions,
      stateNames: world.stateNames,
      states: episode.states,
    };
    await writeFileAtomically(keyLogPath(path), Buffer.from(JSON.stringify(record)));
    paths.push(path);
    onProgress?.(clip + 1);
  }
  return paths;
}

/** One episode. `actions` and `states` fill while `pictures` is gone through. */
function play<State>(world: World<State>, player: PolicyName, level: number, frames: number, look?: string) {
  const actions: (number | null)[] = [];
  const states: number[][] = [];
  const next = createPolicy(player, world.actionNames, level);
  function* pictures(): Generator<Uint8Array> {
    let state = world.create(look === undefined ? { seed: level } : { seed: level, look });
    const picture = new Uint8Array(world.width * world.height * 3);
    for (let frame = 0; frame < frames; frame++) {
      yield world.render(state, picture);
      states.push(world.measure(state));
      const action = frame < frames - 1 ? next() : null;
      actions.push(action);
      if (action !== null) state = world.step(state, action);
    }
  }
  return { actions, states, pictures };
}
