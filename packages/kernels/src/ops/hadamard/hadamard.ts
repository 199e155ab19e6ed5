import type { OpDefinition, Tensor } from '@snowglobe/graph';
import { SnowglobeError, sizeOf } from '@snowglobe/graph';
import { formatShape } from '@snowglobe/graph/internal';

export interface HadamardAttributes extends Record<string, unknown> {
  /** Successive numbers that one matrix turns: a power of two that divides the last axis. */
  readonly size: number;
}

export const hadamardOp: OpDefinition<HadamardAttributes> = {
  name: 'hadamard',
  infer([x], { size }) {
    const length = x!.shape.at(-1);
    if (x!.dtype !== 'f32' || length === undefined) {
      throw new SnowglobeError(`hadamard: x is ${x!.dtype} ${formatShape(x!.shape)}; give it as f32 (…, K).`);
    }
    if (!(size >= 2 && Number.isInteger(Math.log2(size)) && length % size === 0)) {
      throw new SnowglobeError(
        `hadamard: blocks of ${size} do not divide the last axis of ${formatShape(x!.shape)}; use a power of two that does.`,
      );
    }
    return [{ shape: x!.shape, dtype: 'f32' }];
  },
  flops: ([x], _, { size }) => sizeOf(x!.shape) * (Math.log2(size) + 1),
  // The matrix is symmetric: its transpose is itself.
  gradient: ({ outputGradients, attributes: { size } }) => [hadamard(outputGradients[0]!, size)],
};

/**
 * Turns every `size` successive numbers of the last axis by the normalised Hadamard matrix in natural order (Sylvester's), which
 * is its own inverse: (…, K) -> (…, K). It spreads outliers over a block, so that few bits hold what remains (QuaRot,
 * https://arxiv.org/abs/2404.00456).
 *
 * @param size a power of two of at least 2 that divides K
 * @throws SnowglobeError when it does not
 */
export function hadamard(x: Tensor, size: number): Tensor {
  return x.builder.apply(hadamardOp, [x], { size })[0]!;
}
