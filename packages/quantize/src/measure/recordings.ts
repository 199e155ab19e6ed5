import type { Course } from '@snowglobe/eval';
import { knownActions } from '@snowglobe/eval/internal';
import type { Executor, VariableStore } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import type { FrameConfig, Recordings, WorldModel } from '@snowglobe/model';
import { pixelsOf } from '@snowglobe/model/internal';
import type { Trajectory } from '../trajectories/trajectories.js';

/** Frames of a rollout. */
const rolloutLength = 10;

/** Starts taken from one clip, so that not all clips have to be read. */
const startsPerClip = 4;

/**
 * Pieces of recordings, each `rolloutLength` frames after its first, at even distances in evenly chosen clips, with latent actions
 * read off by the float world.
 * @param starts how many, about
 * @throws SnowglobeError for recordings of another size, without such pieces, or without the key logs that a world of true
 *   actions needs
 */
export async function recordingsOf(
  data: Recordings,
  model: WorldModel,
  {
    executor,
    store,
    starts,
    actionNames,
  }: {
    executor: Executor;
    store: VariableStore;
    starts: number;
    /** Names of a world's true actions in their order; by default those of the recordings. */
    actionNames?: readonly string[];
  },
): Promise<Course[]> {
  const { config } = model;
  if (data.width !== config.width || data.height !== config.height) {
    throw new SnowglobeError(
      `quantize: recordings of ${data.width}x${data.height} do not fit a world of ${config.width}x${config.height}; open them at its size.`,
    );
  }
  const long = [...data.clips.keys()].filter((clip) => data.clips[clip]!.frames > rolloutLength);
  if (long.length === 0) {
    throw new SnowglobeError(
      `quantize: none of ${data.clips.length} recordings has the ${rolloutLength + 1} frames of a rollout; give longer ones.`,
    );
  }
  const wanted = Math.min(long.length, Math.ceil(starts / startsPerClip));
  const some = data.subset(
    Array.from({ length: wanted }, (_, i) => long[Math.floor((i * long.length) / wanted)]!),
  );
  const training = await model.training();
  const actions = await training.open({ data: some, executor, store, seed: 0, actionNames }).actions();
  const courses = some.clips.flatMap(({ frames }, clip) => {
    const places = Math.min(startsPerClip, Math.floor(frames / (rolloutLength + 1)));
    return Array.from({ length: places }).flatMap((_, i): Course[] => {
      const start = Math.floor((i * (frames - rolloutLength)) / places);
      const known = knownActions(actions[clip]!, start, rolloutLength);
      return known ? [{ frames: pixelsOf(some.frames(clip, start, rolloutLength + 1)), actions: known }] : [];
    });
  });
  if (courses.length > 0) return courses;
  throw new SnowglobeError(
    `quantize: none of ${some.clips.length} recordings has ${rolloutLength} frames whose action is known; give recordings whose key logs have no gaps.`,
  );
}

/** What the float world played itself, as if it had been recorded: where there are no recordings. */
export function ownRecordings(trajectories: readonly Trajectory[], { width, height }: FrameConfig): Course[] {
  const size = width * height * 3;
  return trajectories.map(({ steps, series }) => {
    const [before, after, action] = ['before', 'after', 'action'].map((name) => series.get(name)!) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const length = Math.min(rolloutLength, steps);
    const frames = new Float32Array((length + 1) * size);
    frames.set(before.subarray(0, size));
    frames.set(after.subarray(0, length * size), size);
    const actions = action.length / steps;
    return {
      frames,
      actions: Array.from({ length }, (_, t) => action.subarray(t * actions, (t + 1) * actions).indexOf(1)),
    };
  });
}
