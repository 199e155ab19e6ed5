import type { Shape } from '@snowglobe/graph';
import { sizeOf } from '@snowglobe/graph';
import { stridesOf } from '@snowglobe/graph/internal';
import type { Kernel, ReferenceContext } from '../../kernel/kernel.js';
import { defineKernel } from '../../kernel/kernel.js';
import { onnxTypes } from '../../onnx/model.js';
import { forEachIndex } from '../../reference/strided.js';
import type { ReduceAttributes } from './reduce.js';
import { argmaxOp, maxReduceOp, sumOp } from './reduce.js';
import { argmaxWebgpu, reduceWebgpu } from './webgpu.js';

const axesAttribute = (
  emitter: { int64s(values: readonly number[]): string },
  axes: readonly number[],
): string => emitter.int64s(axes);

function reference(
  { inputs, outputs, inputData, outputData }: ReferenceContext<ReduceAttributes>,
  start: number,
  combine: (total: number, value: number) => number,
): void {
  const totals = new Float64Array(sizeOf(outputs[0]!.shape)).fill(start);
  const target = keptStrides(inputs[0]!.shape, outputs[0]!.shape);
  let position = 0;
  forEachIndex(inputs[0]!.shape, [target], sizeOf(inputs[0]!.shape), ([offset]) => {
    totals[offset!] = combine(totals[offset!]!, inputData[0]![position++]!);
  });
  totals.forEach((total, index) => (outputData[0]![index] = total));
}

/** Strides into the result for each axis of the operand: 0 where the axis is reduced. */
function keptStrides(input: Shape, output: Shape): number[] {
  const strides = stridesOf(output);
  return input.map((dim, axis) => (output[axis] === 1 && dim !== 1 ? 0 : strides[axis]!));
}

export const reduceKernels: readonly Kernel[] = [
  defineKernel({
    op: sumOp,
    reference: (context) => reference(context, 0, (total, value) => total + value),
    onnx: ({ emitter, inputNames, attributes }) => [
      emitter.emit('ReduceSum', [inputNames[0]!, axesAttribute(emitter, attributes.axes)], {
        keepdims: { int: 1 },
      }),
    ],
    webgpu: (context) => reduceWebgpu(context, { start: '0.0', combine: 'total + value' }),
  }),
  defineKernel({
    op: maxReduceOp,
    reference: (context) => reference(context, -Infinity, Math.max),
    onnx: ({ emitter, inputNames, attributes }) => [
      emitter.emit('ReduceMax', [inputNames[0]!, axesAttribute(emitter, attributes.axes)], {
        keepdims: { int: 1 },
      }),
    ],
    webgpu: (context) => reduceWebgpu(context, { start: '-3.4028234e38', combine: 'max(total, value)' }),
  }),
  defineKernel({
    op: argmaxOp,
    reference: ({ inputs, outputData, inputData }) => {
      const width = inputs[0]!.shape.at(-1)!;
      for (let row = 0; row < outputData[0]!.length; row++) {
        let best = 0;
        for (let column = 1; column < width; column++) {
          if (inputData[0]![row * width + column]! > inputData[0]![row * width + best]!) best = column;
        }
        outputData[0]![row] = best;
      }
    },
    onnx: ({ emitter, inputNames }) => [
      emitter.cast(
        emitter.emit('ArgMax', [inputNames[0]!], { axis: { int: -1 }, keepdims: { int: 0 } }),
        onnxTypes.i32,
      ),
    ],
    webgpu: argmaxWebgpu,
  }),
];
