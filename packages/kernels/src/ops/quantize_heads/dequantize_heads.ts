import type { OpDefinition, Tensor, TensorSpec } from '@snowglobe/graph';
import { SnowglobeError, sizeOf } from '@snowglobe/graph';
import { formatShape, sameShape } from '@snowglobe/graph/internal';
import type { QuantizedHeads } from './quantize_heads.js';

/** So many heads, of so many words and a scale each. */
export function packedHeads([packed, scales]: readonly TensorSpec[]): {
  readonly count: number;
  readonly words: number;
} {
  const count = sizeOf(scales!.shape);
  return { count, words: sizeOf(packed!.shape) / count };
}

/** Inputs packed bytes and scales. */
export const dequantizeHeadsOp: OpDefinition<Record<never, never>> = {
  name: 'dequantizeHeads',
  infer([packed, scales]) {
    const rest = packed!.shape.slice(0, -1);
    const [words, heads] = [packed!.shape.at(-1) ?? 0, scales!.shape.at(-1) ?? 0];
    const fits =
      packed!.dtype === 'u32' &&
      scales!.dtype === 'f32' &&
      sameShape(scales!.shape, [...rest, heads]) &&
      words % heads === 0;
    if (!fits) {
      throw new SnowglobeError(
        `dequantizeHeads: ${packed!.dtype} ${formatShape(packed!.shape)} with scales ${scales!.dtype} ` +
          `${formatShape(scales!.shape)} are no heads; give both as quantizeHeads made them.`,
      );
    }
    return [{ shape: [...rest, 4 * words], dtype: 'f32' }];
  },
  flops: ([packed]) => 4 * sizeOf(packed!.shape),
};

/**
 * Undoes `quantizeHeads`, up to half a step of each head's scale. It has no derivative.
 *
 * @returns (…, D)
 */
export function dequantizeHeads({ packed, scales }: QuantizedHeads): Tensor {
  return packed.builder.apply(dequantizeHeadsOp, [packed, scales], {})[0]!;
}
