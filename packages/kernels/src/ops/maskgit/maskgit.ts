import type { OpDefinition, Tensor, TensorSpec } from '@snowglobe/graph';
import { SnowglobeError, sizeOf } from '@snowglobe/graph';
import { formatShape, sameShape } from '@snowglobe/graph/internal';

/**
 * The two steps of MaskGIT's decoding (Chang et al. 2022) that are no ordinary tensor algebra. All randomness comes in as
 * tensors from the host's seeded generator, so that a replay gives the same tokens.
 */

/** At temperatures below this the most likely token is taken. */
export const greedyBelow = 1e-6;

/** The largest f32 below 1: what uniform random numbers are limited to. */
export const belowOne = 1 - 2 ** -24;

function describe(operands: Readonly<Record<string, TensorSpec>>): string {
  return Object.entries(operands)
    .map(([name, { dtype, shape }]) => `${name} ${dtype} ${formatShape(shape)}`)
    .join(', ');
}

/** Inputs logits, uniforms, temperature. */
export const sampleTokensOp: OpDefinition = {
  name: 'sampleTokens',
  differentiable: false,
  infer([logits, uniforms, temperature]) {
    const rows = logits!.shape.slice(0, -1);
    const fits =
      logits!.shape.length > 0 &&
      [logits, uniforms, temperature].every((operand) => operand!.dtype === 'f32') &&
      sameShape(uniforms!.shape, rows) &&
      temperature!.shape.length === 1 &&
      (temperature!.shape[0] === 1 || temperature!.shape[0] === rows[0]);
    if (!fits) {
      throw new SnowglobeError(
        `sampleTokens: ${describe({ logits: logits!, uniforms: uniforms!, temperature: temperature! })} do not fit; ` +
          'pass f32 logits (…, V), one f32 uniform a row (…) and temperature f32 (1), or one for each entry of the first axis.',
      );
    }
    return [
      { shape: rows, dtype: 'i32' },
      { shape: rows, dtype: 'f32' },
    ];
  },
  // Largest, difference, temperature, two exponentials, two sums.
  flops: ([logits]) => 7 * sizeOf(logits!.shape),
};

/** What `sampleTokens` gives. */
export interface SampledTokens {
  /** i32 (…) */
  readonly tokens: Tensor;
  /** (…): probability of each token under the softmax of its logits, at temperature 1. */
  readonly confidence: Tensor;
}

/**
 * Samples one token a row by inverting the cumulative distribution of softmax(logits / temperature): the lowest token
 * whose cumulative probability exceeds the row's uniform.
 *
 * @param logits (…, V)
 * @param uniforms (…) in [0, 1)
 * @param temperature (1), or (B), one for each entry of the first axis of the rows; at 0 the most likely token is taken, the lowest
 * one on ties
 */
export function sampleTokens(logits: Tensor, uniforms: Tensor, temperature: Tensor): SampledTokens {
  const [tokens, confidence] = logits.builder.apply(sampleTokensOp, [logits, uniforms, temperature], {});
  return { tokens: tokens!, confidence: confidence! };
}

/** Inputs tokens, sampled, confidence, mask, count, noise. */
export const unmaskOp: OpDefinition = {
  name: 'unmaskMostConfident',
  differentiable: false,
  infer([tokens, sampled, confidence, mask, count, noise]) {
    const whole = [tokens!, sampled!];
    const real = [confidence!, mask!, noise!];
    const fits =
      tokens!.shape.length > 0 &&
      whole.every(({ dtype }) => dtype === 'i32') &&
      real.every(({ dtype }) => dtype === 'f32') &&
      [...whole, ...real].every(({ shape }) => sameShape(shape, tokens!.shape)) &&
      count!.dtype === 'i32' &&
      sameShape(count!.shape, [1]);
    if (!fits) {
      const operands = {
        tokens: tokens!,
        sampled: sampled!,
        confidence: confidence!,
        mask: mask!,
        count: count!,
        noise: noise!,
      };
      throw new SnowglobeError(
        `unmaskMostConfident: ${describe(operands)} do not fit; pass i32 tokens and sampled, f32 confidence, mask and ` +
          'noise of one shape (…, N), and count i32 (1).',
      );
    }
    return [
      { shape: tokens!.shape, dtype: 'i32' },
      { shape: mask!.shape, dtype: 'f32' },
    ];
  },
  flops: ([tokens]) => 3 * sizeOf(tokens!.shape),
};

/** What `unmaskMostConfident` gives. */
export interface UnmaskedTokens {
  /** i32 (…, N) */
  readonly tokens: Tensor;
  /** (…, N): 1 where a token is still masked, else 0. */
  readonly mask: Tensor;
}

/**
 * Fixes the `count` most confident of the masked positions of each row: they take their sampled token and leave the
 * mask. On ties the lowest position goes first. A count beyond the masked positions fixes all of them.
 *
 * @param tokens i32 (…, N) tokens so far
 * @param sampled i32 (…, N) tokens sampled in this step
 * @param confidence (…, N) their probabilities
 * @param mask (…, N) 1 where masked, else 0
 * @param count i32 (1) positions to fix, from the mask schedule
 * @param noise (…, N) added to log(confidence) for the ranking: Gumbel noise times the choice temperature, or zeros
 */
export function unmaskMostConfident(
  tokens: Tensor,
  sampled: Tensor,
  confidence: Tensor,
  mask: Tensor,
  count: Tensor,
  noise: Tensor,
): UnmaskedTokens {
  const operands = [tokens, sampled, confidence, mask, count, noise];
  const [newTokens, newMask] = tokens.builder.apply(unmaskOp, operands, {});
  return { tokens: newTokens!, mask: newMask! };
}
