import type { Tensor } from '@snowglobe/graph';
import { reshape } from '@snowglobe/kernels';

/** A number for all worlds (1), or one for each (B), so that it repeats to tensors of `rank` axes, the first of which are the worlds. */
export function ofEach(value: Tensor, rank: number): Tensor {
  const worlds = value.shape[0]!;
  return worlds === 1 ? value : reshape(value, [worlds, ...new Array<number>(rank - 1).fill(1)]);
}
