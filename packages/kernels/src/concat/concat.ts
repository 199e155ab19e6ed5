import type { OpDefinition, Tensor } from '@snowglobe/graph';
import { SnowglobeError, formatShape, normalizeAxis, sizeOf, stridesOf } from '@snowglobe/graph';
import { defineKernel } from '../kernel.js';
import { split } from '../slice/slice.js';
import { forEachIndex } from '../strided/reference.js';
import { stridedCopyPass } from '../strided/webgpu.js';

interface ConcatAttributes extends Record<string, unknown> {
  readonly axis: number;
}

const concatOp: OpDefinition<ConcatAttributes> = {
  name: 'concat',
  infer(inputs, { axis }) {
    const [first] = inputs;
    for (const { shape, dtype } of inputs) {
      const fits =
        shape.length === first!.shape.length &&
        shape.every((dim, i) => i === axis || dim === first!.shape[i]);
      if (!fits || dtype !== first!.dtype) {
        throw new SnowglobeError(
          `concat: ${dtype} ${formatShape(shape)} does not fit beside ${first!.dtype} ${formatShape(first!.shape)} ` +
            `along axis ${axis}; all other axes and the type must be equal.`,
        );
      }
    }
    const length = inputs.reduce((sum, input) => sum + input.shape[axis]!, 0);
    return [{ shape: first!.shape.map((dim, i) => (i === axis ? length : dim)), dtype: first!.dtype }];
  },
  flops: () => 0,
  gradient: ({ inputs, outputGradients, attributes: { axis } }) =>
    split(
      outputGradients[0]!,
      axis,
      inputs.map((input) => input.shape[axis]!),
    ),
};

/** Puts tensors after each other along `axis`. */
export function concat(tensors: readonly Tensor[], axis: number): Tensor {
  const [first] = tensors;
  if (!first) throw new SnowglobeError('concat: the list of tensors is empty; give at least one.');
  if (tensors.length === 1) return first;
  return first.builder.apply(concatOp, tensors, {
    axis: normalizeAxis('concat', axis, first.shape.length),
  })[0]!;
}

/** Element offset of each operand's part in the result. */
function partOffsets(
  inputs: readonly { readonly shape: readonly number[] }[],
  axis: number,
  stride: number,
): number[] {
  let start = 0;
  return inputs.map((input) => {
    const offset = start * stride;
    start += input.shape[axis]!;
    return offset;
  });
}

export const concatKernel = defineKernel({
  op: concatOp,
  reference: ({ inputs, outputs, attributes, inputData, outputData }) => {
    const strides = stridesOf(outputs[0]!.shape);
    const offsets = partOffsets(inputs, attributes.axis, strides[attributes.axis]!);
    inputs.forEach((input, which) => {
      let position = 0;
      forEachIndex(input.shape, [strides], sizeOf(input.shape), ([offset]) => {
        outputData[0]![offsets[which]! + offset!] = inputData[which]![position++]!;
      });
    });
  },
  onnx: ({ emitter, inputNames, attributes }) => [
    emitter.emit('Concat', inputNames, { axis: { int: attributes.axis } }),
  ],
  webgpu: ({ inputs, outputs, attributes, device }) => [
    {
      name: 'strided',
      build: () => {
        const strides = stridesOf(outputs[0]!.shape);
        const offsets = partOffsets(inputs, attributes.axis, strides[attributes.axis]!);
        return {
          passes: inputs.map(({ shape }, which) =>
            stridedCopyPass(
              {
                label: 'concat',
                shape,
                source: { input: which, strides: stridesOf(shape) },
                target: { strides, offset: offsets[which]! },
              },
              outputs[0]!,
              device,
            ),
          ),
        };
      },
    },
  ],
});
