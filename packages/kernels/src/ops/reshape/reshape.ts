import type { OpDefinition, Shape, Tensor } from '@snowglobe/graph';
import { SnowglobeError, sizeOf } from '@snowglobe/graph';
import { formatShape, sameShape } from '@snowglobe/graph/internal';
import { defineKernel } from '../../kernel/kernel.js';

interface ReshapeAttributes extends Record<string, unknown> {
  readonly shape: Shape;
}

export const reshapeOp: OpDefinition<ReshapeAttributes> = {
  name: 'reshape',
  infer([x], { shape }) {
    if (sizeOf(shape) !== sizeOf(x!.shape)) {
      throw new SnowglobeError(
        `reshape: ${formatShape(x!.shape)} holds ${sizeOf(x!.shape)} elements but ${formatShape(shape)} ` +
          `${sizeOf(shape)}; the products of the dimensions must be equal.`,
      );
    }
    return [{ shape, dtype: x!.dtype }];
  },
  flops: () => 0,
  gradient: ({ inputs, outputGradients }) => [reshape(outputGradients[0]!, inputs[0]!.shape)],
};

/**
 * The same elements in row-major order under another shape. One dimension may be -1: it takes what is left.
 */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const known = shape.reduce((product, dim) => (dim === -1 ? product : product * dim), 1);
  const resolved = shape.map((dim) => (dim === -1 ? sizeOf(x.shape) / known : dim));
  return sameShape(x.shape, resolved) ? x : x.builder.apply(reshapeOp, [x], { shape: resolved })[0]!;
}

export const reshapeKernel = defineKernel({
  op: reshapeOp,
  alias: true,
  reference: ({ inputData, outputData }) => outputData[0]!.set(inputData[0]!),
  onnx: ({ emitter, inputNames, attributes }) => [emitter.reshape(inputNames[0]!, attributes.shape)],
  // An alias runs no kernel.
  webgpu: () => [{ name: 'alias', build: () => ({ passes: [] }) }],
});
