import { SnowglobeError } from './errors.js';

/** Static dimensions, outermost first; `[]` is a scalar. */
export type Shape = readonly number[];

/** Number of elements of a shape (1 for a scalar). */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, dim) => product * dim, 1);
}

/** `(2, 64, 192)`: how shapes are written in messages and printouts. */
export function formatShape(shape: Shape): string {
  return `(${shape.join(', ')})`;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis]);
}

/** Row-major strides in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis]!;
  }
  return strides;
}

/**
 * Strides that read a tensor of `shape` as if it were broadcast to `target` (NumPy's rule): stride 0 on every
 * broadcast axis.
 */
export function broadcastStrides(shape: Shape, target: Shape): number[] {
  const own = stridesOf(shape);
  const lead = target.length - shape.length;
  return target.map((_, axis) => (axis < lead || shape[axis - lead] === 1 ? 0 : own[axis - lead]!));
}

/**
 * The common shape of several operands under NumPy's broadcasting rule.
 * @throws SnowglobeError naming `op` and the shapes when two dimensions differ and neither is 1.
 */
export function broadcastShapes(op: string, shapes: readonly Shape[]): Shape {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  const result = new Array<number>(rank).fill(1);
  for (const shape of shapes) {
    shape.forEach((dim, index) => {
      const axis = rank - shape.length + index;
      if (dim === 1 || dim === result[axis]) return;
      if (result[axis] !== 1) {
        throw new SnowglobeError(
          `${op}: shapes ${shapes.map(formatShape).join(' and ')} do not broadcast (axis ${axis} is ` +
            `${result[axis]} and ${dim}); reshape one so that the axes are equal or 1.`,
        );
      }
      result[axis] = dim;
    });
  }
  return result;
}

/**
 * Turns a possibly negative axis into `0 … rank-1`.
 * @throws SnowglobeError when it is outside.
 */
export function normalizeAxis(op: string, axis: number, rank: number): number {
  const index = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || index < 0 || index >= rank) {
    throw new SnowglobeError(
      `${op}: axis ${axis} does not exist in a tensor of rank ${rank}; use ${-rank} to ${rank - 1}.`,
    );
  }
  return index;
}

/** (K, N) of a matrix, and of a filter (k, k, C, N) as the matrix of its taps: all axes but the last are inputs. */
export function matrixShape(shape: Shape): readonly [inputs: number, outputs: number] {
  return [sizeOf(shape.slice(0, -1)), shape.at(-1) ?? 1];
}
