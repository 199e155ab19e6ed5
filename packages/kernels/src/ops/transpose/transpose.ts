import type { OpDefinition, Tensor } from '@snowglobe/graph';
import { SnowglobeError, sizeOf } from '@snowglobe/graph';
import { formatShape, stridesOf } from '@snowglobe/graph/internal';
import { defineKernel } from '../../kernel/kernel.js';
import { reshape } from '../reshape/reshape.js';
import { forEachIndex } from '../../reference/strided.js';
import { stridedCopyPass } from '../../webgpu/strided/strided.js';

interface TransposeAttributes extends Record<string, unknown> {
  /** Axis of the operand that becomes axis i of the result. */
  readonly permutation: readonly number[];
}

const transposeOp: OpDefinition<TransposeAttributes> = {
  name: 'transpose',
  infer([x], { permutation }) {
    const sorted = [...permutation].sort((a, b) => a - b);
    if (sorted.length !== x!.shape.length || sorted.some((axis, index) => axis !== index)) {
      throw new SnowglobeError(
        `transpose: [${permutation.join(', ')}] is no permutation of the axes of ${formatShape(x!.shape)}; name each once.`,
      );
    }
    return [{ shape: permutation.map((axis) => x!.shape[axis]!), dtype: x!.dtype }];
  },
  flops: () => 0,
  gradient: ({ outputGradients, attributes: { permutation } }) => [
    transpose(
      outputGradients[0]!,
      permutation.map((_, axis) => permutation.indexOf(axis)),
    ),
  ],
};

/** Reorders axes: axis i of the result is axis `permutation[i]` of `x`. Moving axes of length 1 alone is a reshape. */
export function transpose(x: Tensor, permutation: readonly number[]): Tensor {
  const moved = permutation.filter((axis) => x.shape[axis] !== 1);
  const isPermutation =
    permutation.length === x.shape.length && x.shape.every((_, axis) => permutation.includes(axis));
  if (isPermutation && moved.every((axis, index) => index === 0 || axis > moved[index - 1]!)) {
    return reshape(
      x,
      permutation.map((axis) => x.shape[axis]!),
    );
  }
  return x.builder.apply(transposeOp, [x], { permutation })[0]!;
}

export const transposeKernel = defineKernel({
  op: transposeOp,
  reference: ({ inputs, outputs, attributes, inputData, outputData }) => {
    const strides = stridesOf(inputs[0]!.shape);
    let position = 0;
    forEachIndex(
      outputs[0]!.shape,
      [attributes.permutation.map((axis) => strides[axis]!)],
      sizeOf(outputs[0]!.shape),
      ([offset]) => (outputData[0]![position++] = inputData[0]![offset!]!),
    );
  },
  onnx: ({ emitter, inputNames, attributes }) => [emitter.transpose(inputNames[0]!, attributes.permutation)],
  webgpu: ({ inputs, outputs, attributes, device }) => [
    {
      name: 'strided',
      build: () => {
        const strides = stridesOf(inputs[0]!.shape);
        const { shape } = outputs[0]!;
        const source = { input: 0, strides: attributes.permutation.map((axis) => strides[axis]!) };
        const target = { strides: stridesOf(shape) };
        return {
          passes: [stridedCopyPass({ label: 'transpose', shape, source, target }, outputs[0]!, device)],
        };
      },
    },
  ],
});
