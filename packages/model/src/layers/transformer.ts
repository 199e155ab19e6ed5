import type { Tensor } from '@snowglobe/graph';
import { attention, pointwise, reshape, rmsNorm, split } from '@snowglobe/kernels';
import { gatherEachRow, scatterEachRow } from './gather_each.js';
import { linear } from './linear.js';
import { norm } from './norm.js';

export interface HeadsConfig {
  readonly heads: number;
}

/** What queries look at: keys and values, (B, K, D) each. */
export interface LookedAt {
  readonly keys: Tensor;
  readonly values: Tensor;
}

/** Positions that a block alone carries on. */
export interface SomePositions {
  /** i32 indices of all positions, which differ within a row. */
  readonly positions_BQ: Tensor;
  /** Keys and values of all positions from an earlier pass, where x holds the features of these alone; left out, x holds all. */
  readonly others?: LookedAt | undefined;
}

/**
 * Multi-head self-attention over the middle axis of x_BND, before the residual sum. Queries and keys are normalised a
 * head (Henry et al. 2020), which keeps logits bounded at any learning rate.
 */
function selfAttention(x_BND: Tensor, { heads }: HeadsConfig, some: SomePositions | undefined) {
  const width = x_BND.shape.at(-1)!;
  const [q, k, v] = split(linear(x_BND, 'qkv', 3 * width, { bias: false }), -1, [width, width, width]);
  const queries = headNorm(carriedOn(q!, some), heads);
  const own = { keys: headNorm(k!, heads), values: v! };
  const lookedAt = some?.others ? replaced(some.others, own, some.positions_BQ) : own;
  const mixed = attention(queries, lookedAt.keys, lookedAt.values, { heads });
  return { mixed: linear(mixed, 'out', width, { bias: false }), lookedAt };
}

/** The rows of x that a block carries on. */
const carriedOn = (x: Tensor, some: SomePositions | undefined): Tensor =>
  some && !some.others ? gatherEachRow(x, some.positions_BQ) : x;

const replaced = (all: LookedAt, own: LookedAt, positions_BQ: Tensor): LookedAt => ({
  keys: scatterEachRow(all.keys, own.keys, positions_BQ),
  values: scatterEachRow(all.values, own.values, positions_BQ),
});

/** Keys and values of what stands beside a block, for `transformerBlock`; computed once where many blocks of the same name look at it. */
export function lookAt(beside_BKD: Tensor, name: string, { heads }: HeadsConfig): LookedAt {
  const width = beside_BKD.shape.at(-1)!;
  return beside_BKD.builder.scope(`${name}/beside`, () => {
    const both = linear(norm(beside_BKD, 'normBeside'), 'kv', 2 * width, { bias: false });
    const [keys, values] = split(both, -1, [width, width]);
    return { keys: headNorm(keys!, heads), values: values! };
  });
}

/** Multi-head attention to what stands beside, before the residual sum. */
function crossAttention(x_BND: Tensor, { keys, values }: LookedAt, { heads }: HeadsConfig): Tensor {
  const width = x_BND.shape.at(-1)!;
  const q = headNorm(linear(x_BND, 'q', width, { bias: false }), heads);
  return linear(attention(q, keys, values, { heads }), 'out', width, { bias: false });
}

/** Root-mean-square norm of each head of (…, heads · d), without a gain. */
export function headNorm(x: Tensor, heads: number): Tensor {
  const perHead = reshape(x, [...x.shape.slice(0, -1), heads, x.shape.at(-1)! / heads]);
  return reshape(rmsNorm(perHead), x.shape);
}

/** Two matrices with a GELU between them, `expansion` times as wide inside; before the residual sum. */
export function feedForward(x: Tensor, expansion = 4): Tensor {
  const width = x.shape.at(-1)!;
  return linear(pointwise.gelu(linear(x, 'up', expansion * width)), 'down', width);
}

/** What a block is given beside its features. */
export interface BlockOptions {
  /** Looked at after the own positions. */
  readonly beside?: LookedAt | undefined;
  /** Default: all positions. */
  readonly some?: SomePositions | undefined;
}

export interface Block {
  /** Of the positions that it carries on. */
  readonly x_BND: Tensor;
  /** Its keys and values of all positions. */
  readonly lookedAt: LookedAt;
}

/**
 * Pre-norm transformer block over positions: x_BND + attention, then + attention to what stands beside, if anything does, then +
 * feed-forward.
 */
export function transformerBlock(
  x_BND: Tensor,
  name: string,
  config: HeadsConfig,
  { beside, some }: BlockOptions = {},
): Block {
  const { builder } = x_BND;
  return builder.scope(name, () => {
    const { mixed, lookedAt } = builder.scope('attention', () =>
      selfAttention(norm(x_BND, 'norm'), config, some),
    );
    let y = pointwise.add(carriedOn(x_BND, some), mixed);
    if (beside) {
      const looked = builder.scope('beside', () => crossAttention(norm(y, 'norm'), beside, config));
      y = pointwise.add(y, looked);
    }
    const forward = builder.scope('mlp', () => feedForward(norm(y, 'norm')));
    return { x_BND: pointwise.add(y, forward), lookedAt };
  });
}
