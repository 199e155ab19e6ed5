import type { OpDefinition, Shape, Tensor } from '@snowglobe/graph';
import { SnowglobeError, sizeOf } from '@snowglobe/graph';
import {
  broadcastShapes,
  broadcastStrides,
  formatShape,
  sameShape,
  stridesOf,
} from '@snowglobe/graph/internal';
import { defineKernel } from '../../kernel/kernel.js';
import { sumToShape } from '../reduce/reduce.js';
import { forEachIndex } from '../../reference/strided.js';
import { stridedCopyPass } from '../../webgpu/strided/strided.js';

interface BroadcastAttributes extends Record<string, unknown> {
  readonly shape: Shape;
}

const broadcastOp: OpDefinition<BroadcastAttributes> = {
  name: 'broadcastTo',
  infer([x], { shape }) {
    if (!sameShape(broadcastShapes('broadcastTo', [x!.shape, shape]), shape)) {
      throw new SnowglobeError(
        `broadcastTo: ${formatShape(x!.shape)} does not repeat to ${formatShape(shape)}; every axis must be 1 or equal.`,
      );
    }
    return [{ shape, dtype: x!.dtype }];
  },
  flops: () => 0,
  gradient: ({ inputs, outputGradients }) => [sumToShape(outputGradients[0]!, inputs[0]!.shape)],
};

/** Repeats `x` to `shape` by NumPy's rule. */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  return sameShape(x.shape, shape) ? x : x.builder.apply(broadcastOp, [x], { shape })[0]!;
}

export const broadcastKernel = defineKernel({
  op: broadcastOp,
  reference: ({ inputs, attributes: { shape }, inputData, outputData }) => {
    let position = 0;
    forEachIndex(shape, [broadcastStrides(inputs[0]!.shape, shape)], sizeOf(shape), ([offset]) => {
      outputData[0]![position++] = inputData[0]![offset!]!;
    });
  },
  onnx: ({ emitter, inputNames, attributes }) => [
    emitter.emit('Expand', [inputNames[0]!, emitter.int64s(attributes.shape)]),
  ],
  webgpu: ({ inputs, outputs, attributes: { shape }, device }) => [
    {
      name: 'strided',
      build: () => ({
        passes: [
          stridedCopyPass(
            {
              label: 'broadcastTo',
              shape,
              source: { input: 0, strides: broadcastStrides(inputs[0]!.shape, shape) },
              target: { strides: stridesOf(shape) },
            },
            outputs[0]!,
            device,
          ),
        ],
      }),
    },
  ],
});
