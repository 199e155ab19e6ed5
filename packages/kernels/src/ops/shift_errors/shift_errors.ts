import type { OpDefinition, Tensor, TensorSpec } from '@snowglobe/graph';
import { SnowglobeError, sizeOf } from '@snowglobe/graph';
import { formatShape, sameShape } from '@snowglobe/graph/internal';

/** A rectangle of whole-pixel shifts: dy in −y … y, dx in −x … x. */
export interface ShiftRange {
  readonly y: number;
  readonly x: number;
}

/** Shifts of a range, dy counting slowest. */
export function shiftCount({ y, x }: ShiftRange): number {
  return (2 * y + 1) * (2 * x + 1);
}

/** Which shifts are compared, over which tiles. */
export interface ShiftErrorsAttributes extends Record<string, unknown> {
  readonly range: ShiftRange;
  /** Rows and columns at the edges of `current` that are not compared, at least the range. */
  readonly border: ShiftRange;
}

/** previous (B, H, W), current (B, H, W) -> (B, shifts). */
export const shiftErrorsOp: OpDefinition<ShiftErrorsAttributes> = {
  name: 'shiftErrors',
  // Evidence is data for a model that reads motion; nothing learns through it.
  differentiable: false,
  infer([previous, current], { range, border }) {
    const [batch, height, width] = previous!.shape as [number, number, number];
    const described = `shiftErrors: pictures ${formatShape(previous!.shape)} and ${formatShape(current!.shape)}`;
    if (previous!.shape.length !== 3 || !sameShape(previous!.shape, current!.shape)) {
      throw new SnowglobeError(`${described} must both be (batch, height, width); take one channel of each.`);
    }
    if (border.y < range.y || border.x < range.x || height <= 2 * border.y || width <= 2 * border.x) {
      throw new SnowglobeError(
        `${described} leave nothing to compare with shifts of ${range.y}x${range.x} and borders of ` +
          `${border.y}x${border.x}; use borders of at least the shifts and below half the picture.`,
      );
    }
    return [{ shape: [batch, shiftCount(range)], dtype: 'f32' }];
  },
  flops: (inputs, [output], { border }) => {
    const { rows, columns } = comparedArea(inputs, border);
    return 3 * sizeOf(output!.shape) * rows * columns;
  },
};

export function comparedArea(inputs: readonly TensorSpec[], border: ShiftRange) {
  const [, height, width] = inputs[0]!.shape as [number, number, number];
  return { height, width, rows: height - 2 * border.y, columns: width - 2 * border.x };
}

/**
 * How well each whole-pixel shift of one picture explains the next: for each shift (dy, dx) the mean absolute difference
 * of `previous[y + dy, x + dx]` and `current[y, x]` over the picture without its borders.
 * previous, current (B, H, W) -> (B, (2·range.y + 1)·(2·range.x + 1)), dy counting slowest.
 */
export function shiftErrors(
  previous_BHW: Tensor,
  current_BHW: Tensor,
  attributes: ShiftErrorsAttributes,
): Tensor {
  return previous_BHW.builder.apply(shiftErrorsOp, [previous_BHW, current_BHW], attributes)[0]!;
}
