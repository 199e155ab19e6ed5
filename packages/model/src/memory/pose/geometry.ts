import type { CellRect } from '../cells.js';

/**
 * A memory by pose: which frame was seen from where, in a world in first person that goes by grid steps and quarter turns. It is
 * egocentric: what is kept of a frame is the pose that it was seen from in the eyes of the view as it is now, changed by how the
 * view moved in every frame, so that poses are known by dead reckoning and nothing has to be counted.
 *
 * Poses are integers: 0 is nowhere, others count through the poses within reach. The frame that is drawn next is seen from `here`.
 */

/** A pose in the eyes of another one: steps ahead, steps to the right, quarter turns to the right (0 … 3). */
export type Pose = readonly [ahead: number, right: number, turn: number];

export interface PoseGeometry {
  /** Cells of a frame. */
  readonly frame: { readonly rows: number; readonly columns: number };
  /** The cells of a frame that change with the pose; the others stand still, as an inventory does. */
  readonly view: CellRect;
  /** Motions by index, each as the pose that it leads to; the first is none. */
  readonly motions: readonly Pose[];
  /** Whether there is one motion more, the last, that leads elsewhere: all that was seen is forgotten. */
  readonly leadsElsewhere: boolean;
  /** What is seen from a pose: squares to each side, by steps ahead from 0 on. */
  readonly sight: readonly number[];
  /** Steps each way over which poses are remembered. */
  readonly reach: number;
  /** Frames that are remembered, each of a pose of its own; that which was seen longest ago is forgotten first. */
  readonly frames: number;
  /** Remembered frames that are looked at beside the last one and the one of the same pose. */
  readonly recalled: number;
}

export const motionCount = ({
  motions,
  leadsElsewhere,
}: Pick<PoseGeometry, 'leadsElsewhere' | 'motions'>): number => motions.length + (leadsElsewhere ? 1 : 0);

/** The pose in the eyes of another one, both in the eyes of a third. */
export function poseFrom([ahead, right, turn]: Pose, [a, r, t]: Pose): Pose {
  let [x, y] = [ahead - a, right - r];
  for (let i = 0; i < t; i++) [x, y] = [y, 0 - x];
  return [x, y, (turn - t + 4) % 4];
}

/** Poses from 0 on, nowhere among them: Q. */
export const poseCount = ({ reach }: Pick<PoseGeometry, 'reach'>): number => (2 * reach + 1) ** 2 * 4 + 1;

/** A pose as an integer; 0 where it is out of reach. */
export function poseIndex([ahead, right, turn]: Pose, { reach }: Pick<PoseGeometry, 'reach'>): number {
  const side = 2 * reach + 1;
  if (Math.abs(ahead) > reach || Math.abs(right) > reach) return 0;
  return 1 + ((ahead + reach) * side + right + reach) * 4 + turn;
}

/** The other way round; of integers from 1 on. */
export function poseAt(index: number, { reach }: Pick<PoseGeometry, 'reach'>): Pose {
  const side = 2 * reach + 1;
  const place = Math.floor((index - 1) / 4);
  return [Math.floor(place / side) - reach, (place % side) - reach, (index - 1) % 4];
}

/**
 * What follows from poses alone. Q poses, M motions, V views: poses that are near enough to matter, of which 0 stands for all
 * others; S squares that are seen from here.
 */
export interface PoseTables {
  readonly here: number;
  /** (M, Q): each pose in the eyes of the view after a motion. */
  readonly moved: Int32Array;
  /** (Q): the view of a pose. */
  readonly view: Int32Array;
  readonly views: number;
  /** (V, S): 1 where a square that is seen from here is seen from a view as well; none is of the view from here itself. */
  readonly overlap: Float32Array;
  readonly squares: number;
  /** (V, M): 1 where a motion leads to the place that a view was seen from: one can stand there. */
  readonly stood: Float32Array;
  /** Poses here, but turned to where motions lead that do not go straight ahead: they show what stands in the way. */
  readonly ways: readonly number[];
}

export function poseTables(geometry: PoseGeometry): PoseTables {
  const { motions, sight } = geometry;
  const count = poseCount(geometry);
  const here = poseIndex([0, 0, 0], geometry);
  const moved = new Int32Array(motionCount(geometry) * count);
  const view = new Int32Array(count);
  const seen = squaresSeen([0, 0, 0], sight);
  const order = new Map([...seen].map((square, i) => [square, i]));
  const near: { overlap: Float32Array; stood: Float32Array }[] = [];
  const none = { overlap: new Float32Array(seen.size), stood: new Float32Array(motionCount(geometry)) };
  near.push(none);
  for (let pose = 1; pose < count; pose++) {
    const from = poseAt(pose, geometry);
    motions.forEach((motion, i) => (moved[i * count + pose] = poseIndex(poseFrom(from, motion), geometry)));
    const overlap = new Float32Array(seen.size);
    for (const square of squaresSeen(from, sight)) {
      const at = order.get(square);
      if (at !== undefined && pose !== here) overlap[at] = 1;
    }
    const stood = Float32Array.from(none.stood, (_, i) => (leadsTo(motions[i], from) ? 1 : 0));
    if (pose !== here && !overlap.includes(1) && !stood.includes(1)) continue;
    view[pose] = near.length;
    near.push({ overlap, stood });
  }
  return {
    ...{ here, moved, view, views: near.length, squares: seen.size },
    overlap: Float32Array.from(near.flatMap(({ overlap }) => [...overlap])),
    stood: Float32Array.from(near.flatMap(({ stood }) => [...stood])),
    ways: waysOf(motions).map((turn) => poseIndex([0, 0, turn], geometry)),
  };
}

/** Places that are seen from a pose, whatever stands in the way. */
function squaresSeen(pose: Pose, sight: readonly number[]): Set<string> {
  const [ahead, right, turn] = pose;
  const squares = new Set<string>();
  sight.forEach((width, depth) => {
    for (let side = -width; side <= width; side++) {
      let [x, y] = [depth, side];
      for (let i = 0; i < turn; i++) [x, y] = [0 - y, x];
      squares.add(`${ahead + x} ${right + y}`);
    }
  });
  return squares;
}

const leadsTo = (motion: Pose | undefined, [ahead, right]: Pose): boolean =>
  motion !== undefined && hasStep(motion) && motion[0] === ahead && motion[1] === right;

const hasStep = ([ahead, right]: Pose): boolean => ahead !== 0 || right !== 0;

/** Quarter turns to the right after which one would face where a motion leads; without 0. */
export function waysOf(motions: readonly Pose[]): number[] {
  const turns = motions
    .filter(hasStep)
    .map(([ahead, right]) => (Math.abs(ahead) >= Math.abs(right) ? (ahead > 0 ? 0 : 2) : right > 0 ? 1 : 3));
  return [...new Set(turns)].filter((turn) => turn !== 0).sort();
}
