import type { Tensor } from '@snowglobe/graph';
import { slice } from '@snowglobe/kernels';
import type { CertainMotion, MotionConfig } from '../motion/motion.js';
import { motionOfRow } from '../motion/motion.js';
import { insideOf, shiftPicture } from '../motion/shift.js';
import type { Hint } from './delta.js';

/** Shapes: B worlds, H and W pixels, K numbers of the conditioning: action and motion, see `motionRow`. */

/** What a frame (B, H, W, 3) and where the camera goes say about the next frame. */
export function movedHint(
  last_BHW3: Tensor,
  { vertical_BY, horizontal_BX }: CertainMotion,
): Omit<Hint, 'conditioning_BK'> {
  const [, height, width] = last_BHW3.shape as [number, number, number, number];
  return {
    moved_BHW3: shiftPicture(last_BHW3, vertical_BY, horizontal_BX),
    inside_BHW1: insideOf(vertical_BY, horizontal_BX, height, width),
    last_BHW3,
  };
}

/** What is known of the next frame from the last one (B, H, W, 3) and from the conditioning (B, K). */
export function hintOf(
  last_BHW3: Tensor,
  conditioning_BK: Tensor,
  { motion }: { readonly motion: MotionConfig },
): Hint {
  const row = slice(conditioning_BK, 1, motion.actions, conditioning_BK.shape[1]!);
  return { ...movedHint(last_BHW3, motionOfRow(row, motion)), conditioning_BK };
}
