import type { Shape } from '@snowglobe/graph';

/**
 * Walks `shape` in row-major order and keeps, for each set of strides, the offset that belongs to the current index.
 */
export function forEachIndex(
  shape: Shape,
  strides: readonly (readonly number[])[],
  count: number,
  visit: (offsets: readonly number[]) => void,
): void {
  const index = new Array<number>(shape.length).fill(0);
  const offsets = new Array<number>(strides.length).fill(0);
  for (let n = 0; n < count; n++) {
    visit(offsets);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]!++;
      strides.forEach((stride, which) => (offsets[which]! += stride[axis]!));
      if (index[axis]! < shape[axis]!) break;
      strides.forEach((stride, which) => (offsets[which]! -= stride[axis]! * shape[axis]!));
      index[axis] = 0;
    }
  }
}
