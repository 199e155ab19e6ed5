import type { GraphBuilder, Tensor } from '@snowglobe/graph';
import { gatherRows } from '@snowglobe/kernels';

/** i32 indices (B) -> rows (B, count) with a single one. */
export function oneHot(indices_B: Tensor, count: number): Tensor {
  return gatherRows(identity(indices_B.builder, count), indices_B);
}

function identity(builder: GraphBuilder, count: number): Tensor {
  const data = Float32Array.from({ length: count * count }, (_, i) => (i % (count + 1) === 0 ? 1 : 0));
  return builder.constant(data, [count, count]);
}
