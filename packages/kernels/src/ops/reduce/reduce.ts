import type { OpDefinition, Shape, Tensor } from '@snowglobe/graph';
import { SnowglobeError, sizeOf } from '@snowglobe/graph';
import { formatShape, normalizeAxis, sameShape } from '@snowglobe/graph/internal';
import { pointwise } from '../pointwise/pointwise.js';
import { reshape } from '../reshape/reshape.js';

export interface ReduceAttributes extends Record<string, unknown> {
  /** Ascending, without repeats. */
  readonly axes: readonly number[];
}

/** Reduced axes keep length 1; the functions below drop them on request. */
const inferReduction =
  (name: string): OpDefinition<ReduceAttributes>['infer'] =>
  ([x], { axes }) => {
    if (x!.dtype !== 'f32')
      throw new SnowglobeError(`${name}: needs f32, got ${x!.dtype}; convert with toF32.`);
    return [{ shape: x!.shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim)), dtype: 'f32' }];
  };

export const sumOp: OpDefinition<ReduceAttributes> = {
  name: 'sum',
  infer: inferReduction('sum'),
  flops: ([x]) => sizeOf(x!.shape),
  gradient: ({ inputs, outputGradients, algebra }) => [
    algebra.broadcastTo(outputGradients[0]!, inputs[0]!.shape),
  ],
};

export const maxReduceOp: OpDefinition<ReduceAttributes> = {
  name: 'maxReduce',
  infer: inferReduction('maxReduce'),
  flops: ([x]) => sizeOf(x!.shape),
  // Equal maxima share the gradient evenly, which keeps it independent of their order.
  gradient: ({ inputs, outputs, outputGradients, attributes }) => {
    const hit = pointwise.equal(inputs[0]!, outputs[0]!);
    const count = inputs[0]!.builder.apply(sumOp, [hit], attributes)[0]!;
    return [pointwise.mul(hit, pointwise.div(outputGradients[0]!, count))];
  },
};

/** Index of the largest value along the last axis, the lowest one on ties: (…, C) -> (…) i32. */
export const argmaxOp: OpDefinition = {
  name: 'argmax',
  differentiable: false,
  infer([x]) {
    if (x!.shape.length === 0) throw new SnowglobeError('argmax: a scalar has no axis; reshape it to (1).');
    return [{ shape: x!.shape.slice(0, -1), dtype: 'i32' }];
  },
  flops: ([x]) => sizeOf(x!.shape),
};

/** Which shape a reduction gives. */
export interface ReduceOptions {
  /** Keep reduced axes with length 1; default false. */
  readonly keepDimensions?: boolean;
}

function reduce(
  op: OpDefinition<ReduceAttributes>,
  x: Tensor,
  axes: number | readonly number[] | undefined,
  { keepDimensions = false }: ReduceOptions,
): Tensor {
  const list = axes === undefined ? x.shape.map((_, axis) => axis) : typeof axes === 'number' ? [axes] : axes;
  const unique = [...new Set(list.map((axis) => normalizeAxis(op.name, axis, x.shape.length)))].sort(
    (a, b) => a - b,
  );
  const result = unique.length === 0 ? x : x.builder.apply(op, [x], { axes: unique })[0]!;
  if (keepDimensions) return result;
  return reshape(
    result,
    result.shape.filter((_, axis) => !unique.includes(axis)),
  );
}

/** Sum over `axes` (all by default). */
export function sum(x: Tensor, axes?: number | readonly number[], options: ReduceOptions = {}): Tensor {
  return reduce(sumOp, x, axes, options);
}

/** Mean over `axes` (all by default). */
export function mean(x: Tensor, axes?: number | readonly number[], options: ReduceOptions = {}): Tensor {
  const total = sum(x, axes, options);
  return pointwise.mul(total, sizeOf(total.shape) / sizeOf(x.shape));
}

/** Largest value over `axes` (all by default). */
export function maxOver(x: Tensor, axes?: number | readonly number[], options: ReduceOptions = {}): Tensor {
  return reduce(maxReduceOp, x, axes, options);
}

/** Index of the largest value along the last axis, the lowest one on ties: (…, C) -> (…) i32. */
export function argmax(x: Tensor): Tensor {
  return x.builder.apply(argmaxOp, [x], {})[0]!;
}

/** Undoes broadcasting: sums `x` over the axes along which `shape` was repeated. */
export function sumToShape(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const lead = x.shape.length - shape.length;
  if (lead < 0)
    throw new Error(`sumToShape: ${formatShape(x.shape)} has fewer axes than ${formatShape(shape)}`);
  const axes = x.shape.flatMap((dim, axis) =>
    axis < lead || (shape[axis - lead] === 1 && dim !== 1) ? [axis] : [],
  );
  return reshape(sum(x, axes, { keepDimensions: true }), shape);
}
