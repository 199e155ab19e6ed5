import type { Tensor } from '@snowglobe/graph';
import { pointwise, sum } from '@snowglobe/kernels';

export interface ClippedGradients {
  readonly gradients: readonly Tensor[];
  /** Norm of all gradients together, before clipping: (). */
  readonly norm: Tensor;
}

/** Scales all gradients by one factor so that their common L2 norm is at most `limit` (Pascanu et al. 2013). */
export function clipByGlobalNorm(gradients: readonly Tensor[], limit: number): ClippedGradients {
  const squares = gradients.map((gradient) => sum(pointwise.square(gradient)));
  const norm = pointwise.sqrt(squares.reduce((total, square) => pointwise.add(total, square)));
  if (limit === Infinity) return { gradients, norm };
  const scale = pointwise.min(pointwise.div(limit, pointwise.add(norm, 1e-6)), 1);
  return { gradients: gradients.map((gradient) => pointwise.mul(gradient, scale)), norm };
}
