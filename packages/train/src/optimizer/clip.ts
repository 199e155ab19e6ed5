import type { Tensor } from '@snowglobe/graph';
import { pointwise, sum } from '@snowglobe/kernels';

export interface GlobalNorm {
  /** L2 norm of all gradients together: (). */
  readonly norm: Tensor;
  /** The factor for every gradient that takes the norm down to the limit, at most 1: (). */
  readonly scale: Tensor;
}

/** Clipping by global norm: one factor for all gradients, which keeps their direction (Pascanu et al. 2013). */
export function globalNorm(gradients: readonly Tensor[], limit: number): GlobalNorm {
  const squares = gradients.map((gradient) => sum(pointwise.square(gradient)));
  const norm = pointwise.sqrt(squares.reduce((total, square) => pointwise.add(total, square)));
  const scale =
    limit === Infinity
      ? norm.builder.scalar(1)
      : pointwise.min(pointwise.div(limit, pointwise.add(norm, 1e-6)), 1);
  return { norm, scale };
}
