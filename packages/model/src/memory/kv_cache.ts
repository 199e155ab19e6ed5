import type { Tensor } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import { dequantizeHeads, quantizeHeads } from '@snowglobe/kernels';
import type { SpacetimeConfig } from './spacetime.js';

/** Bits of the keys and values that are remembered, with a scale a head; where they are no floats. */
export type KvCacheBits = 8;

type Heads = Pick<SpacetimeConfig, 'width' | 'heads'>;

/** Whether the dynamics' heads can be kept in eight bits: four numbers are a word. */
export const fitsKvCache = ({ width, heads }: Heads): boolean => (width / heads) % 4 === 0;

/**
 * Numbers of a head that is kept in eight bits.
 * @throws SnowglobeError for heads that are no whole words
 */
export function keptHead({ width, heads }: Heads): number {
  const head = width / heads;
  if (!fitsKvCache({ width, heads })) {
    throw new SnowglobeError(
      `play: a KV cache of 8 bits packs four numbers a word and heads of ${head} (${width} / ${heads}) are no whole words; keep it as floats, or use heads of a multiple of 4.`,
    );
  }
  return head;
}

/** Keys or values (…, C) as later frames find them in a KV cache of eight bits: rounded, and floats again. */
export const fakeQuantized = (x: Tensor, { heads }: Heads): Tensor =>
  dequantizeHeads(quantizeHeads(x, heads));
