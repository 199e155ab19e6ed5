import type { OpDefinition, Tensor } from '@snowglobe/graph';
import { SnowglobeError, sizeOf } from '@snowglobe/graph';
import { formatShape, normalizeAxis, stridesOf } from '@snowglobe/graph/internal';
import { defineKernel } from '../../kernel/kernel.js';
import { forEachIndex } from '../../reference/strided.js';
import { stridedCopyPass } from '../../webgpu/strided/strided.js';

export interface SliceAttributes extends Record<string, unknown> {
  readonly axis: number;
  readonly start: number;
  readonly end: number;
}

export const sliceOp: OpDefinition<SliceAttributes> = {
  name: 'slice',
  infer([x], { axis, start, end }) {
    if (!(0 <= start && start < end && end <= x!.shape[axis]!)) {
      throw new SnowglobeError(
        `slice: [${start}, ${end}) does not lie in axis ${axis} of ${formatShape(x!.shape)}; use 0 <= start < end <= ${x!.shape[axis]}.`,
      );
    }
    return [{ shape: x!.shape.map((dim, i) => (i === axis ? end - start : dim)), dtype: x!.dtype }];
  },
  flops: () => 0,
  gradient: ({ inputs, outputGradients, attributes: { axis, start, end }, algebra }) => [
    algebra.pad(outputGradients[0]!, axis, start, inputs[0]!.shape[axis]! - end),
  ],
};

/** Elements `start … end-1` along `axis`. */
export function slice(x: Tensor, axis: number, start: number, end: number): Tensor {
  const index = normalizeAxis('slice', axis, x.shape.length);
  if (start === 0 && end === x.shape[index]) return x;
  return x.builder.apply(sliceOp, [x], { axis: index, start, end })[0]!;
}

/** Cuts `axis` into pieces of the given lengths. */
export function split(x: Tensor, axis: number, lengths: readonly number[]): Tensor[] {
  const index = normalizeAxis('split', axis, x.shape.length);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  if (total !== x.shape[index]) {
    throw new SnowglobeError(
      `split: lengths ${lengths.join(' + ')} make ${total}, but axis ${index} of ${formatShape(x.shape)} is ${x.shape[index]}.`,
    );
  }
  let start = 0;
  return lengths.map((length) => slice(x, index, start, (start += length)));
}

export const sliceKernel = defineKernel({
  op: sliceOp,
  reference: ({ inputs, outputs, attributes, inputData, outputData }) => {
    const strides = stridesOf(inputs[0]!.shape);
    const base = attributes.start * strides[attributes.axis]!;
    let position = 0;
    forEachIndex(outputs[0]!.shape, [strides], sizeOf(outputs[0]!.shape), ([offset]) => {
      outputData[0]![position++] = inputData[0]![base + offset!]!;
    });
  },
  onnx: ({ emitter, inputNames, attributes: { axis, start, end } }) => [
    emitter.slice(inputNames[0]!, [axis], [start], [end]),
  ],
  webgpu: ({ inputs, outputs, attributes, device }) => [
    {
      name: 'strided',
      build: () => {
        const strides = stridesOf(inputs[0]!.shape);
        const { shape } = outputs[0]!;
        const source = { input: 0, strides, offset: attributes.start * strides[attributes.axis]! };
        const target = { strides: stridesOf(shape) };
        return { passes: [stridedCopyPass({ label: 'slice', shape, source, target }, outputs[0]!, device)] };
      },
    },
  ],
});
