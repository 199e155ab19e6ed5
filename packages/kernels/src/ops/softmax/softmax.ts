import type { OpDefinition, Tensor, TensorSpec } from '@snowglobe/graph';
import { SnowglobeError, sizeOf } from '@snowglobe/graph';
import { formatShape, sameShape } from '@snowglobe/graph/internal';

export type NoAttributes = Record<never, never>;

function checkRows(name: string, x: TensorSpec): void {
  if (x.dtype !== 'f32') {
    throw new SnowglobeError(
      `${name}: needs f32, got ${x.dtype} ${formatShape(x.shape)}; convert with toF32.`,
    );
  }
  if (x.shape.length === 0) {
    throw new SnowglobeError(
      `${name}: the scalar ${formatShape(x.shape)} has no last axis; reshape it to (1).`,
    );
  }
}

const inferForward =
  (name: string): OpDefinition['infer'] =>
  ([x]) => {
    checkRows(name, x!);
    return [{ shape: x!.shape, dtype: 'f32' }];
  };

const inferGradient =
  (name: string): OpDefinition['infer'] =>
  ([y, g]) => {
    checkRows(name, y!);
    if (!sameShape(y!.shape, g!.shape)) {
      throw new SnowglobeError(
        `${name}: the result ${formatShape(y!.shape)} and its gradient ${formatShape(g!.shape)} differ; give both one shape.`,
      );
    }
    return [{ shape: y!.shape, dtype: 'f32' }];
  };

/** (y, g) -> y · (g − Σ g·y), where y is the softmax and g the gradient of the loss with respect to it. */
export const softmaxGradientOp: OpDefinition<NoAttributes> = {
  name: 'softmaxGradient',
  infer: inferGradient('softmaxGradient'),
  flops: (_, [output]) => 4 * sizeOf(output!.shape),
};

/** (y, g) -> g − exp(y) · Σ g, where y is the log-softmax and g the gradient of the loss with respect to it. */
export const logSoftmaxGradientOp: OpDefinition<NoAttributes> = {
  name: 'logSoftmaxGradient',
  infer: inferGradient('logSoftmaxGradient'),
  flops: (_, [output]) => 4 * sizeOf(output!.shape),
};

export const softmaxOp: OpDefinition<NoAttributes> = {
  name: 'softmax',
  infer: inferForward('softmax'),
  flops: (_, [output]) => 5 * sizeOf(output!.shape),
  gradient: ({ outputs: [y], outputGradients: [g] }) => y!.builder.apply(softmaxGradientOp, [y!, g!], {}),
};

export const logSoftmaxOp: OpDefinition<NoAttributes> = {
  name: 'logSoftmax',
  infer: inferForward('logSoftmax'),
  flops: (_, [output]) => 5 * sizeOf(output!.shape),
  gradient: ({ outputs: [y], outputGradients: [g] }) => y!.builder.apply(logSoftmaxGradientOp, [y!, g!], {}),
};

/** exp(x) / Σ exp(x) over the last axis: (…, C) -> (…, C). The row's maximum is subtracted first, so nothing overflows. */
export function softmax(x: Tensor): Tensor {
  return x.builder.apply(softmaxOp, [x], {})[0]!;
}

/** The logarithm of `softmax(x)`, which stays finite where the softmax itself rounds to 0: (…, C) -> (…, C). */
export function logSoftmax(x: Tensor): Tensor {
  return x.builder.apply(logSoftmaxOp, [x], {})[0]!;
}
