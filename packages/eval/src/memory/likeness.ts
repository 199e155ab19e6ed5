import { pixelsOf } from '@snowglobe/model/internal';
import { ssim } from '../pictures/pictures.js';

/** How alike two frames (H, W, 3) of RGB bytes are: SSIM, at least 0. */
export function likeness(
  a: Uint8Array,
  b: Uint8Array,
  size: { readonly width: number; readonly height: number },
): number {
  return Math.max(0, ssim(pixelsOf(a), pixelsOf(b), size));
}

/** A walk that never looked this much unlike its first frame has not been away. */
const leastAway = 0.15;

/**
 * A likeness that counts as far as the walk was away: times min(1, (1 − least likeness to the first frame on the way) / 0.15), as WBench's
 * spatial consistency is gated. A frozen frame scores 0.
 */
export const gated = (alike: number, leastOnTheWay: number): number =>
  alike * Math.min(1, (1 - leastOnTheWay) / leastAway);
