import type { Tensor } from '@snowglobe/graph';
import type { ShiftRange } from '@snowglobe/kernels';
import { matmul, pointwise as p, reshape, slice } from '@snowglobe/kernels';
import type { MotionConfig } from './motion.js';
import { motionOfRow, motionWidth, shiftsOf } from './motion.js';

/** Shapes: B batch, D directions, M numbers of a motion row. */

/** Directions of motion: up, none, down times left, none, right. */
export const directions = 9;
const standing = 4;

/** The direction of the last motion as one-hot rows (B, D); standing still where nothing is known of it. */
export function lastDirection(last_BM: Tensor, config: Pick<MotionConfig, 'range'>): Tensor {
  const { builder, shape } = last_BM;
  const batch = shape[0]!;
  const width = motionWidth(config);
  const { vertical_BY, horizontal_BX } = motionOfRow(last_BM, config);
  const signs = (size: number): Tensor => {
    const rows = Float32Array.from({ length: size * 3 }, (_, i) => {
      const [shift, sign] = [Math.floor(i / 3) - (size - 1) / 2, (i % 3) - 1];
      return Math.sign(shift) === sign ? 1 : 0;
    });
    return builder.constant(rows, [size, 3]);
  };
  const { y, x } = shiftsOf(config);
  const both = p.mul(
    reshape(matmul(vertical_BY, signs(y)), [batch, 3, 1]),
    reshape(matmul(horizontal_BX, signs(x)), [batch, 1, 3]),
  );
  const known_B1 = slice(last_BM, 1, width - 1, width);
  const still = builder.constant(
    Float32Array.from({ length: directions }, (_, i) => (i === standing ? 1 : 0)),
    [1, directions],
  );
  return p.add(reshape(both, [batch, directions]), p.mul(p.sub(1, known_B1), still));
}

/** The direction of a shift, given as an index into the evidence's row (see `shiftErrors`): 0 … 8. */
export function directionOfShift(index: number, range: ShiftRange): number {
  const columns = 2 * range.x + 1;
  const [y, x] = [Math.floor(index / columns) - range.y, (index % columns) - range.x];
  return 3 * (Math.sign(y) + 1) + Math.sign(x) + 1;
}
