import type { OpDefinition, Tensor } from '@snowglobe/graph';
import { SnowglobeError, formatShape, sameShape, sizeOf } from '@snowglobe/graph';
import type { MotionAttributes } from './tiles.js';
import { shiftsShape, tileGrid } from './tiles.js';

/** Inputs previous and current. */
export const shiftCostsOp: OpDefinition<MotionAttributes> = {
  name: 'shiftCosts',
  differentiable: false,
  infer([previous, current], attributes) {
    const fits =
      previous!.shape.length === 3 &&
      sameShape(previous!.shape, current!.shape) &&
      previous!.dtype === 'f32' &&
      current!.dtype === 'f32';
    if (!fits) {
      throw new SnowglobeError(
        `shiftCosts: previous ${previous!.dtype} ${formatShape(previous!.shape)} and current ${current!.dtype} ` +
          `${formatShape(current!.shape)} do not fit; pass f32 (B, H, W) for both, one channel such as luma.`,
      );
    }
    return [{ shape: shiftsShape(tileGrid('shiftCosts', previous!, attributes)), dtype: 'f32' }];
  },
  // Difference, absolute value, sum.
  flops: ([previous], _, { radius }) => 3 * (2 * radius + 1) ** 2 * sizeOf(previous!.shape),
};

/**
 * How badly each shift of one frame explains the next, tile by tile: for a tile and a shift (dy, dx), the mean over the
 * tile's pixels of |previous[y + dy, x + dx] - current[y, x]|. Beyond its border a frame repeats its outermost pixels.
 * It has no gradient. This is block matching with all candidates kept (Jain & Jain 1981).
 *
 * @param previous (B, H, W)
 * @param current (B, H, W)
 * @param radius largest shift in pixels along each axis
 * @param tile side of the tiles in pixels; divides H and W
 * @returns (B, tiles, shifts): tiles in row-major order, shift (dy, dx) at (dy + radius)·(2·radius + 1) + dx + radius
 */
export function shiftCosts(
  previous: Tensor,
  current: Tensor,
  { radius, tile }: { readonly radius: number; readonly tile: number },
): Tensor {
  return previous.builder.apply(shiftCostsOp, [previous, current], { radius, tile })[0]!;
}
