import type { OpDefinition, Tensor } from '@snowglobe/graph';
import { SnowglobeError, sizeOf } from '@snowglobe/graph';
import { formatShape, sameShape } from '@snowglobe/graph/internal';
import { pointwise as p } from '../pointwise/pointwise.js';
import { sum } from '../reduce/reduce.js';
import { reshape } from '../reshape/reshape.js';
import { slice } from '../slice/slice.js';

export interface RotaryAttributes extends Record<string, unknown> {
  readonly heads: number;
  /** Turn the other way round: what the gradient does. */
  readonly inverse: boolean;
}

/** x (…, T, heads · d), cos (T, d/2), sin (T, d/2) -> as x. */
export const rotaryOp: OpDefinition<RotaryAttributes> = {
  name: 'rotary',
  infer([x, cos, sin], { heads }) {
    const wrong = (why: string, remedy: string): SnowglobeError =>
      new SnowglobeError(`rotary: ${why}; ${remedy}.`);
    const [frames, width] = x!.shape.slice(-2) as [number, number | undefined];
    if (width === undefined)
      throw wrong(`${formatShape(x!.shape)} has no axis of positions`, 'give (…, T, C)');
    if (!(heads >= 1) || width % (2 * heads) !== 0)
      throw wrong(
        `${width} columns do not make ${heads} heads of even width`,
        'choose another number of heads',
      );
    const table = [frames, width / heads / 2];
    for (const each of [cos!, sin!]) {
      if (sameShape(each.shape, table)) continue;
      throw wrong(
        `a table of ${formatShape(each.shape)} does not fit`,
        `give it the shape ${formatShape(table)}`,
      );
    }
    if ([x!, cos!, sin!].some(({ dtype }) => dtype !== 'f32')) throw wrong('needs f32', 'convert with toF32');
    return [{ shape: x!.shape, dtype: 'f32' }];
  },
  flops: ([x]) => 3 * sizeOf(x!.shape),
  gradient({ inputs, outputGradients, attributes, needed }) {
    const [x, cos, sin] = inputs as [Tensor, Tensor, Tensor];
    const g = outputGradients[0]!;
    const { heads, inverse } = attributes;
    const ofX = needed[0]
      ? x.builder.apply(rotaryOp, [g, cos, sin], { heads, inverse: !inverse })[0]
      : undefined;
    if (!needed[1] && !needed[2]) return [ofX, undefined, undefined];
    // Every group and head reads the same tables.
    const [frames, half] = cos.shape as [number, number];
    const halves = (y: Tensor): [Tensor, Tensor] => {
      const perHead = reshape(y, [-1, frames, heads, 2 * half]);
      return [slice(perHead, 3, 0, half), slice(perHead, 3, half, 2 * half)];
    };
    const [[a, b], [ga, gb]] = [halves(x), halves(g)];
    const ofCos = sum(p.add(p.mul(ga, a), p.mul(gb, b)), [0, 2]);
    const turned = p.sub(p.mul(gb, a), p.mul(ga, b));
    return [ofX, ofCos, sum(inverse ? p.neg(turned) : turned, [0, 2])];
  },
};

/**
 * Rotary positions (Su et al. 2021): each head's halves a and b become a·cos − b·sin and a·sin + b·cos.
 *
 * @param x (…, T, heads · d), queries or keys of T positions
 * @param cos (T, d/2), as `sin`: of the angle by which each pair turns
 * @throws SnowglobeError when the tables do not fit
 */
export function rotary(x: Tensor, cos: Tensor, sin: Tensor, heads: number): Tensor {
  return x.builder.apply(rotaryOp, [x, cos, sin], { heads, inverse: false })[0]!;
}
