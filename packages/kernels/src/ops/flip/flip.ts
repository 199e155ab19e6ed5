import type { Tensor } from '@snowglobe/graph';
import { normalizeAxis } from '@snowglobe/graph/internal';
import { concat } from '../concat/concat.js';
import { slice } from '../slice/slice.js';

/** Reverses the order along `axis`. A concatenation of slices: meant for short axes. */
export function flip(x: Tensor, axis: number): Tensor {
  const index = normalizeAxis('flip', axis, x.shape.length);
  const length = x.shape[index]!;
  return concat(
    Array.from({ length }, (_, i) => slice(x, index, length - 1 - i, length - i)),
    index,
  );
}
