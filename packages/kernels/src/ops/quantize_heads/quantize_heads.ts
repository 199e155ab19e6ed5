import type { OpDefinition, Tensor, TensorSpec } from '@snowglobe/graph';
import { SnowglobeError, sizeOf } from '@snowglobe/graph';
import { formatShape } from '@snowglobe/graph/internal';

export interface QuantizeHeadsAttributes extends Record<string, unknown> {
  readonly heads: number;
}

/** x as so many heads of `head` numbers. */
export function headsShape(
  { shape }: TensorSpec,
  { heads }: QuantizeHeadsAttributes,
): { readonly count: number; readonly head: number } {
  const head = shape.at(-1)! / heads;
  return { count: sizeOf(shape) / head, head };
}

/** Input x; outputs packed bytes and scales. */
export const quantizeHeadsOp: OpDefinition<QuantizeHeadsAttributes> = {
  name: 'quantizeHeads',
  infer([x], { heads }) {
    const width = x!.shape.at(-1) ?? 0;
    if (x!.dtype !== 'f32' || !Number.isInteger(heads) || heads < 1 || width % (4 * heads) !== 0) {
      throw new SnowglobeError(
        `quantizeHeads: x ${x!.dtype} ${formatShape(x!.shape)} has no ${heads} heads of whole words; give f32 (…, D) with D a multiple of ${4 * heads}.`,
      );
    }
    const rest = x!.shape.slice(0, -1);
    return [
      { shape: [...rest, width / 4], dtype: 'u32' },
      { shape: [...rest, heads], dtype: 'f32' },
    ];
  },
  // Magnitude, largest, product, rounding.
  flops: ([x]) => 4 * sizeOf(x!.shape),
};

/** Numbers as signed bytes with a scale a head. */
export interface QuantizedHeads {
  /** u32 (…, D / 4): four bytes a word, the first one lowest. */
  readonly packed: Tensor;
  /** (…, heads): what a byte of the head is to be multiplied by. */
  readonly scales: Tensor;
}

/**
 * Rounds each head of each position to signed bytes, the largest magnitude becoming 127: a quarter of the memory, for keys and
 * values that are kept (int8 KV cache). Halves go to the even neighbour. It has no derivative.
 *
 * @param x (…, D); head h has columns h·D/heads … (h+1)·D/heads
 */
export function quantizeHeads(x: Tensor, heads: number): QuantizedHeads {
  const [packed, scales] = x.builder.apply(quantizeHeadsOp, [x], { heads });
  return { packed: packed!, scales: scales! };
}
