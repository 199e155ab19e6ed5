import type { GraphBuilder, Tensor } from '@snowglobe/graph';
import { matmul, maxOver, pointwise as p, transpose } from '@snowglobe/kernels';
import type { ReplenishmentConfig } from '../config/replenishment.js';

/** Shapes: B worlds, H and W pixels, C channels. */

/** What a painting is held against. */
export interface Replenished {
  /** (B, H, W, 3): what was painted, −1 … 1. */
  readonly painted_BHW3: Tensor;
  /** (B, H, W, 3): the last frame, moved with the camera. */
  readonly moved_BHW3: Tensor;
  /** (B, H, W, 1): frames for which a pixel is still painted anew, 0 where it may be kept. */
  readonly unsettled_BHW1: Tensor;
}

/**
 * Conditional replenishment (Mounts 1969): what was drawn once and only moved since is shown again, not drawn again. A painter that
 * draws all of a picture anew in every frame smooths it a little each time; pixels that are copied stay what they are.
 *
 * A pixel is kept where the painting says the same as the moved picture up to fine structure: the means over a window differ by
 * no more than the tolerance, and the pixels by no more than the contrast, all through the margin around it.
 */
export function replenish(
  { painted_BHW3, moved_BHW3, unsettled_BHW1 }: Replenished,
  { window, tolerance, contrast, margin }: ReplenishmentConfig,
): Tensor {
  const change = p.sub(painted_BHW3, moved_BHW3);
  const most = (x: Tensor): Tensor => maxOver(p.abs(x), 3, { keepDimensions: true });
  const windowSide = 2 * window + 1;
  const means = p.mul(boxSum(change, window), 1 / windowSide ** 2);
  const differs = p.max(p.greater(most(means), tolerance), p.greater(most(change), contrast));
  const isNew = p.max(p.greater(boxSum(differs, margin), 0.5), p.greater(unsettled_BHW1, 0.5));
  return p.select(isNew, painted_BHW3, moved_BHW3);
}

/**
 * Frames for which each pixel of the next frame is painted anew.
 * @param moved_BHW1 the same of the last frame, moved with the camera
 * @param inside_BHW1 1 where the moved picture was in view, see `insideOf`
 */
export function unsettledAfter(
  moved_BHW1: Tensor,
  inside_BHW1: Tensor,
  { settling }: ReplenishmentConfig,
): Tensor {
  return p.select(inside_BHW1, p.max(p.sub(moved_BHW1, 1), 0), settling);
}

/** Sums over windows of 2 · radius + 1 pixels a side; the edges repeat outwards. */
function boxSum(x_BHWC: Tensor, radius: number): Tensor {
  if (radius === 0) return x_BHWC;
  const { builder, shape } = x_BHWC;
  const [, height, width] = shape as [number, number, number, number];
  const rows_BHCW = matmul(transpose(x_BHWC, [0, 1, 3, 2]), bandOf(builder, width, radius));
  const boxes_BWCH = matmul(transpose(rows_BHCW, [0, 3, 2, 1]), bandOf(builder, height, radius));
  return transpose(boxes_BWCH, [0, 3, 1, 2]);
}

/** (L, L): column i counts how often each position stands within the radius of i, where the edges repeat outwards. */
function bandOf(builder: GraphBuilder, length: number, radius: number): Tensor {
  const band = new Float32Array(length * length);
  for (let i = 0; i < length; i++) {
    for (let j = i - radius; j <= i + radius; j++) {
      band[Math.min(length - 1, Math.max(0, j)) * length + i]!++;
    }
  }
  return builder.constant(band, [length, length]);
}
