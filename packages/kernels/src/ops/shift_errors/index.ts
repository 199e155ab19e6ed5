import { sizeOf } from '@snowglobe/graph';
import type { OnnxContext, ReferenceContext, WebgpuContext } from '../../kernel/kernel.js';
import { defineKernel } from '../../kernel/kernel.js';
import type { ShiftErrorsAttributes } from './shift_errors.js';
import { comparedArea, shiftErrorsOp } from './shift_errors.js';
import type { ShaderVariant } from '../../webgpu/shader.js';
import { grid1d, read, withPrelude, write } from '../../webgpu/shader.js';
import body from './shift_errors.wgsl';

function* shiftsOf({ range }: ShiftErrorsAttributes): Generator<readonly [dy: number, dx: number]> {
  for (let dy = -range.y; dy <= range.y; dy++) {
    for (let dx = -range.x; dx <= range.x; dx++) yield [dy, dx];
  }
}

function reference({
  inputs,
  attributes,
  inputData: [previous, current],
  outputData: [result],
}: ReferenceContext<ShiftErrorsAttributes>): void {
  const { height, width, rows, columns } = comparedArea(inputs, attributes.border);
  const { border } = attributes;
  let position = 0;
  for (let b = 0; b < inputs[0]!.shape[0]!; b++) {
    for (const [dy, dx] of shiftsOf(attributes)) {
      let total = 0;
      for (let y = border.y; y < border.y + rows; y++) {
        for (let x = border.x; x < border.x + columns; x++) {
          const shifted = previous![(b * height + y + dy) * width + x + dx]!;
          total += Math.abs(shifted - current![(b * height + y) * width + x]!);
        }
      }
      result![position++] = total / (rows * columns);
    }
  }
}

function onnx({
  emitter,
  inputs,
  inputNames,
  attributes,
}: OnnxContext<ShiftErrorsAttributes>): readonly string[] {
  const { rows, columns } = comparedArea(inputs, attributes.border);
  const { border } = attributes;
  const window = (picture: string, dy: number, dx: number): string =>
    emitter.slice(
      picture,
      [1, 2],
      [border.y + dy, border.x + dx],
      [border.y + dy + rows, border.x + dx + columns],
    );
  const current = window(inputNames[1]!, 0, 0);
  const errors = [...shiftsOf(attributes)].map(([dy, dx]) => {
    const difference = emitter.emit('Abs', [emitter.emit('Sub', [window(inputNames[0]!, dy, dx), current])]);
    const mean = emitter.emit('ReduceMean', [difference, emitter.int64s([1, 2])], { keepdims: { int: 0 } });
    return emitter.reshape(mean, [inputs[0]!.shape[0]!, 1]);
  });
  return [emitter.emit('Concat', errors, { axis: { int: 1 } })];
}

const workgroupSize = 64;

function webgpu({
  inputs,
  outputs,
  attributes,
  device,
}: WebgpuContext<ShiftErrorsAttributes>): readonly ShaderVariant[] {
  const { height, width, rows, columns } = comparedArea(inputs, attributes.border);
  const { range, border } = attributes;
  const count = sizeOf(outputs[0]!.shape);
  return [
    {
      name: 'workgroup',
      build: () => ({
        passes: [
          {
            label: 'shiftErrors',
            code: withPrelude(body, {
              constants: {
                COUNT: count,
                HEIGHT: height,
                WIDTH: width,
                ROWS: rows,
                COLUMNS: columns,
                BORDER_Y: border.y,
                BORDER_X: border.x,
                RANGE_Y: range.y,
                RANGE_X: range.x,
                WORKGROUP_SIZE: workgroupSize,
              },
            }),
            bindings: [read('input', 0), read('input', 1), write('output', 0)],
            workgroups: grid1d(count, 1, device.limits.maxComputeWorkgroupsPerDimension),
          },
        ],
      }),
    },
  ];
}

export const shiftErrorsKernel = defineKernel({ op: shiftErrorsOp, reference, onnx, webgpu });
