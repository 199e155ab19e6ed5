import type { Tensor } from '@snowglobe/graph';
import { maxOver, pointwise as p } from '@snowglobe/kernels';

/** Stands for no share at all, so that it has a logarithm. */
const nothing = 1e-30;

/**
 * Logits without the tails that a model gives to everything: what is less likely than a share of the likeliest is never sampled (min-p,
 * Nguyen et al. 2025).
 * @param logits (…, K)
 * @param share 0 … 1, in a shape that broadcasts to (…, 1); 0 keeps all
 */
export function withoutTails(logits: Tensor, share: Tensor): Tensor {
  const likeliest = maxOver(logits, -1, { keepDimensions: true });
  const least = p.add(likeliest, p.log(p.max(share, nothing)));
  return p.select(p.greater(least, logits), -1e4, logits);
}
