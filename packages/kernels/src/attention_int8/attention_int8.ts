import type { OpDefinition, Tensor, TensorSpec } from '@snowglobe/graph';
import { SnowglobeError, formatShape, sameShape } from '@snowglobe/graph';
import type { AttentionAttributes, AttentionOptions } from '../attention/attention.js';
import { attentionOp } from '../attention/attention.js';
import type { QuantizedHeads } from './quantize_heads.js';

/** Widest head that a thread's registers hold. */
const widestHead = 512;

/** The operands of `attention` that these stand for: q, k, v and perhaps a bias, all f32. */
export function plainOperands([q, k, , , , bias]: readonly TensorSpec[]): readonly TensorSpec[] {
  const [batch, keys, words] = k!.shape as [number, number, number];
  const whole = { shape: [batch, keys, 4 * words], dtype: 'f32' as const };
  return [q!, whole, whole, ...(bias ? [bias] : [])];
}

/** Inputs q, packed keys, their scales, packed values, their scales and perhaps bias. */
export const attentionInt8Op: OpDefinition<AttentionAttributes> = {
  name: 'attentionInt8',
  infer(inputs, attributes) {
    const [q, k, kScales, v, vScales] = inputs as [
      TensorSpec,
      TensorSpec,
      TensorSpec,
      TensorSpec,
      TensorSpec,
    ];
    const { heads } = attributes;
    const scales = [...k.shape.slice(0, -1), heads];
    const fits =
      k.dtype === 'u32' &&
      v.dtype === 'u32' &&
      k.shape.length === 3 &&
      sameShape(k.shape, v.shape) &&
      [kScales, vScales].every(({ dtype, shape }) => dtype === 'f32' && sameShape(shape, scales));
    if (!fits) {
      throw new SnowglobeError(
        `attentionInt8: keys ${k.dtype} ${formatShape(k.shape)} with scales ${formatShape(kScales.shape)} and values ` +
          `${v.dtype} ${formatShape(v.shape)} with scales ${formatShape(vScales.shape)} are no bytes of ${heads} heads; ` +
          'make both with quantizeHeads from (B, Nk, D).',
      );
    }
    const head = (4 * k.shape[2]!) / heads;
    if (head > widestHead) {
      throw new SnowglobeError(
        `attentionInt8: heads of ${head} are too wide; use more heads, of at most ${widestHead}.`,
      );
    }
    return attentionOp.infer(plainOperands(inputs), attributes) && [{ shape: q.shape, dtype: 'f32' }];
  },
  flops: (inputs, outputs, attributes) => attentionOp.flops(plainOperands(inputs), outputs, attributes),
};

/**
 * `attention` over keys and values of eight bits, unpacked as they are read (int8 KV cache). It has no derivative.
 *
 * @param q (B, Nq, D)
 * @param k of (B, Nk, D) by `quantizeHeads`
 * @param v of (B, Nk, D) by `quantizeHeads`
 * @returns (B, Nq, D)
 */
export function attentionInt8(
  q: Tensor,
  k: QuantizedHeads,
  v: QuantizedHeads,
  { heads, causal = false, window, bias }: AttentionOptions,
): Tensor {
  const attributes = { heads, causal, ...(window === undefined ? {} : { window }) };
  const operands = [q, k.packed, k.scales, v.packed, v.scales, ...(bias ? [bias] : [])];
  return q.builder.apply(attentionInt8Op, operands, attributes)[0]!;
}
