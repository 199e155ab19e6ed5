import { sizeOf } from '@snowglobe/graph';
import { stridesOf } from '@snowglobe/graph/internal';
import type { WebgpuContext } from '../../kernel/kernel.js';
import { offsetExpression } from '../../webgpu/strided/strided.js';
import type { ShaderVariant } from '../../webgpu/shader.js';
import { grid1d, read, withPrelude, write } from '../../webgpu/shader.js';
import argmaxBody from './argmax.wgsl';
import body from './reduce.wgsl';
import type { ReduceAttributes } from './reduce.js';

const workgroupSize = 64;
/** From this many reduced elements on, a whole workgroup shares one result. */
const sharedFrom = 128;

/**
 * Two variants by the number of reduced elements: a thread a result, or a workgroup a result with a tree in workgroup
 * memory. `combine` is associative and names `total` and `value`.
 */
export function reduceWebgpu(
  { inputs, outputs, attributes, device }: WebgpuContext<ReduceAttributes>,
  { start, combine }: { readonly start: string; readonly combine: string },
): readonly ShaderVariant[] {
  const input = inputs[0]!.shape;
  const count = sizeOf(outputs[0]!.shape);
  const strides = stridesOf(input);
  const reducedShape = attributes.axes.map((axis) => input[axis]!);
  const length = sizeOf(reducedShape);
  const keptShape = input.map((dim, axis) => (attributes.axes.includes(axis) ? 1 : dim));
  const lanes = length >= sharedFrom ? workgroupSize : 1;
  const offsets =
    `fn kept_offset(i: u32) -> u32 { return ${offsetExpression('i', keptShape, strides)}; }\n` +
    `fn reduced_offset(i: u32) -> u32 { return ${offsetExpression(
      'i',
      reducedShape,
      attributes.axes.map((axis) => strides[axis]!),
    )}; }\n` +
    `fn combine(total: f32, value: f32) -> f32 { return ${combine}; }\n`;
  return [
    {
      name: lanes === 1 ? 'thread' : 'workgroup',
      build: () => ({
        passes: [
          {
            label: 'reduce',
            code:
              withPrelude(body, {
                constants: {
                  COUNT: count,
                  LENGTH: length,
                  LANES: lanes,
                  RESULTS: workgroupSize / lanes,
                  WORKGROUP_SIZE: workgroupSize,
                  START: `f32(${start})`,
                },
              }) + offsets,
            bindings: [read('input', 0), write('output', 0)],
            workgroups: grid1d(count * lanes, workgroupSize, device.limits.maxComputeWorkgroupsPerDimension),
          },
        ],
      }),
    },
  ];
}

export function argmaxWebgpu({
  inputs,
  outputs,
  device,
}: WebgpuContext<object & Record<never, never>>): readonly ShaderVariant[] {
  const count = sizeOf(outputs[0]!.shape);
  return [
    {
      name: 'thread',
      build: () => ({
        passes: [
          {
            label: 'argmax',
            code: withPrelude(argmaxBody, {
              constants: { COUNT: count, LENGTH: inputs[0]!.shape.at(-1)!, WORKGROUP_SIZE: workgroupSize },
            }),
            bindings: [read('input', 0), write('output', 0)],
            workgroups: grid1d(count, workgroupSize, device.limits.maxComputeWorkgroupsPerDimension),
          },
        ],
      }),
    },
  ];
}
