import type { CellRect } from '../../../memory/cells.js';
import type { Pose } from '../../../memory/pose/geometry.js';
import { poseFrom } from '../../../memory/pose/geometry.js';
import type { RecordedStates, Recordings } from '../../../recordings.js';
import type { PoseConfig } from '../config/config.js';
import type { CodedClips } from './find_motion.js';

/** What recordings tell of poses. */
export interface FoundPoses {
  readonly view: CellRect;
  readonly poses: Pick<PoseConfig['poses'], 'leadsElsewhere' | 'motions'>;
}

/** Motions that are rarer than this share of all are none of the game's own. */
const leastShare = 0.001;
/** Share of the motions that must be steps and turns for a game to go by those. */
const stepsNeeded = 0.95;
/** Squares of a step at most. */
const farthest = 1;
/** A cell belongs to the view where it changes in this share of the transitions in which the pose does. */
const leastChanges = 0.05;

/**
 * Poses of each frame of each clip, (T, 3): place and heading as key logs tell them, in squares and quarter turns. `x` and `y` are
 * integers; `heading` is 0 along x, 1 along y, and so on.
 * @returns undefined where key logs do not tell `x`, `y` and `heading`, or not as integers
 */
export function recordedPoses({ states, clips }: Recordings): Int32Array[] | undefined {
  if (!states) return undefined;
  const columns = ['x', 'y', 'heading'].map((name) => states.names.indexOf(name));
  if (columns.includes(-1)) return undefined;
  const poses: Int32Array[] = [];
  for (const [clip, { frames }] of clips.entries()) {
    const own = posesOf(states, clip, frames, columns);
    if (!own) return undefined;
    poses.push(own);
  }
  return poses;
}

function posesOf(
  states: RecordedStates,
  clip: number,
  frames: number,
  columns: readonly number[],
): Int32Array | undefined {
  const rows = states.of(clip);
  const poses = new Int32Array(frames * 3);
  for (let t = 0; t < frames; t++) {
    const values = columns.map((column) => rows[t * states.names.length + column]!);
    if (!values.every(Number.isInteger) || values[2]! < 0 || values[2]! > 3) return undefined;
    poses.set(values, t * 3);
  }
  return poses;
}

/** The pose of the frame after one, in the eyes of that one. */
export function poseAfter(poses: Int32Array, t: number): Pose {
  const [x, y, heading] = poses.subarray(t * 3, t * 3 + 3) as unknown as [number, number, number];
  const next = poses.subarray(t * 3 + 3, t * 3 + 6);
  return poseFrom([next[0]!, next[1]!, next[2]!], [x, y, heading]);
}

/**
 * Whether a game is seen in first person, goes by steps and quarter turns, and how: key logs that tell where the player stands and
 * looks say so.
 */
export function findPoses(data: Recordings, { rows, columns, clips }: CodedClips): FoundPoses | undefined {
  const poses = recordedPoses(data);
  if (!poses) return undefined;
  const counts = new Map<string, number>();
  const changes = new Float64Array(rows * columns);
  let [total, moved] = [0, 0];
  poses.forEach((own, clip) => {
    for (let t = 0; t + 1 < own.length / 3; t++) {
      const key = poseAfter(own, t).join(' ');
      counts.set(key, (counts.get(key) ?? 0) + 1);
      total++;
      if (key === none) continue;
      moved++;
      const [before, after] = [t * changes.length, (t + 1) * changes.length];
      for (let cell = 0; cell < changes.length; cell++) {
        if (clips[clip]![before + cell] !== clips[clip]![after + cell]) changes[cell]!++;
      }
    }
  });
  const steps = [...counts]
    .map(([key, count]) => ({ pose: key.split(' ').map(Number) as unknown as Pose, count }))
    .filter(({ pose: [ahead, right], count }) => {
      const isNear = Math.abs(ahead) <= farthest && Math.abs(right) <= farthest;
      return isNear && count >= leastShare * total;
    })
    .sort((a, b) => b.count - a.count)
    .map(({ pose, count }) => ({ pose, count: pose.join(' ') === none ? 0 : count }));
  const covered = steps.reduce((sum, { count }) => sum + count, 0);
  const view = boundsOf(rows, columns, (cell) => changes[cell]! >= leastChanges * moved);
  if (view.rows === 0 || covered < stepsNeeded * moved) return undefined;
  const motions = steps.map(({ pose }) => pose).filter((pose) => pose.join(' ') !== none);
  return {
    view,
    poses: { motions: [[0, 0, 0], ...motions], leadsElsewhere: covered < moved },
  };
}

const none = '0 0 0';

function boundsOf(rows: number, columns: number, isIn: (cell: number) => boolean): CellRect {
  const cells = Array.from({ length: rows * columns }, (_, cell) => cell).filter(isIn);
  if (cells.length === 0) return { top: 0, left: 0, rows: 0, columns: 0 };
  const [ys, xs] = [cells.map((cell) => Math.floor(cell / columns)), cells.map((cell) => cell % columns)];
  const [top, left] = [Math.min(...ys), Math.min(...xs)];
  return { top, left, rows: Math.max(...ys) - top + 1, columns: Math.max(...xs) - left + 1 };
}
