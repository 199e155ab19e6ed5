import { SnowglobeError } from '@snowglobe/graph';
import type { MotionTable } from '../../../latent_actions/training/motion_table.js';
import type { Label, Recordings } from '../../../recordings.js';
import type { DeltaWorldConfig } from '../config/config.js';
import { conditioningWidth } from '../config/config.js';
import { motionWidth, shiftsOf } from '../motion/motion.js';

/** Recordings in which every step from one frame to the next has an action and a measured motion. */
export interface Transitions {
  readonly data: Recordings;
  /** A clip's actions: of each frame but the last, what happened until the next. Codes, or true actions where they are known. */
  readonly actions: readonly ArrayLike<Label>[];
  readonly motion: MotionTable;
}

/** Writes the conditioning of the step from `frame` to `frame + 1` as one row: action and motion, each one-hot; an unknown action is left out. */
function writeConditioning(
  row: Float32Array,
  { actions, motion }: Transitions,
  clip: number,
  frame: number,
  config: Pick<DeltaWorldConfig, 'motion'>,
): void {
  row.fill(0);
  const { y, x } = shiftsOf(config.motion);
  const shift = motion.bestShift(clip, frame);
  const action = actions[clip]![frame];
  if (action !== undefined) row[action] = 1;
  const first = config.motion.actions;
  row[first + Math.floor(shift / x)] = 1;
  row[first + y + (shift % x)] = 1;
  row[first + y + x] = 1;
}

/** The conditioning of `count` steps from `start` on: (count, K). */
export function conditioningRows(
  transitions: Transitions,
  clip: number,
  start: number,
  count: number,
  config: Pick<DeltaWorldConfig, 'motion'>,
): Float32Array {
  const { y, x } = shiftsOf(config.motion);
  if (transitions.motion.size !== y * x) {
    throw new SnowglobeError(
      `motion: it was measured over ${transitions.motion.size} shifts and this world tells ${y}x${x} of them apart; measure it with the world's own range.`,
    );
  }
  const width = conditioningWidth(config);
  const rows = new Float32Array(count * width);
  for (let t = 0; t < count; t++) {
    writeConditioning(rows.subarray(t * width, (t + 1) * width), transitions, clip, start + t, config);
  }
  return rows;
}

/** Where the motion begins in a row of conditioning. */
export function motionOffset(config: Pick<DeltaWorldConfig, 'motion'>): number {
  return conditioningWidth(config) - motionWidth(config.motion);
}
