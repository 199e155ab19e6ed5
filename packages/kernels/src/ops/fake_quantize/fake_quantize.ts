import type { OpDefinition, Tensor, TensorSpec } from '@snowglobe/graph';
import { SnowglobeError, sizeOf } from '@snowglobe/graph';
import { formatShape } from '@snowglobe/graph/internal';

/** Integers and groups that weights are rounded to. */
export interface FakeQuantizeAttributes extends Record<string, unknown> {
  readonly bits: 2 | 4 | 8;
  /** Successive inputs of a column that share a scale, as in `WeightFormat`. */
  readonly group: number;
  /** A zero point a group; without them the middle is zero. */
  readonly zeroPoints: boolean;
}

/** Weights as a matrix (K, N) in groups along K. */
export function fakeQuantizeShape(
  { shape }: TensorSpec,
  { group }: FakeQuantizeAttributes,
): { readonly k: number; readonly n: number; readonly groups: number } {
  const n = shape.at(-1)!;
  const k = sizeOf(shape) / n;
  return { k, n, groups: Math.ceil(k / group) };
}

/** (…, N) -> as it is. */
export const fakeQuantizeOp: OpDefinition<FakeQuantizeAttributes> = {
  name: 'fakeQuantize',
  infer([weights], { bits, group }) {
    const { shape, dtype } = weights!;
    if (dtype !== 'f32' || shape.length < 2) {
      throw new SnowglobeError(
        `fakeQuantize: weights ${dtype} ${formatShape(shape)} are no matrix of floats; give f32 (…, N).`,
      );
    }
    if (![2, 4, 8].includes(bits) || !Number.isInteger(Math.log2(group)) || group < 16) {
      throw new SnowglobeError(
        `fakeQuantize: ${bits} bits in groups of ${group} are no format of weights; use 2, 4 or 8 bits and groups of a power of two from 16.`,
      );
    }
    return [{ shape, dtype: 'f32' }];
  },
  // Magnitude and comparison, quotient, rounding, product.
  flops: ([weights]) => 5 * sizeOf(weights!.shape),
  // What is rounded passes its gradient on as if it were not: the plain grid covers every weight, so none is clipped.
  gradient: ({ outputGradients: [g] }) => [g],
};

/**
 * Weights as they will be once they are quantized: rounded to the values of their group and back, so that training feels the
 * rounding (quantization-aware training, Jacob et al. 2018). The gradient goes straight through (straight-through estimator,
 * Bengio et al. 2013). Groups, scales rounded as files keep them (`roundScale`), and zero points are those of round-to-nearest: quantizing the weights
 * afterwards changes nothing.
 *
 * @param weights (…, N): a matrix (K, N), or a filter whose taps are its inputs
 * @throws SnowglobeError when it is no matrix, or there is no such format
 */
export function fakeQuantize(weights: Tensor, attributes: FakeQuantizeAttributes): Tensor {
  const { bits, group, zeroPoints } = attributes;
  return weights.builder.apply(fakeQuantizeOp, [weights], { bits, group, zeroPoints })[0]!;
}
