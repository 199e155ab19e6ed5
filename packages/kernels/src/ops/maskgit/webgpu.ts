import type { Attributes } from '@snowglobe/graph';
import { sizeOf } from '@snowglobe/graph';
import type { WebgpuContext } from '../../kernel/kernel.js';
import type { ShaderVariant } from '../../webgpu/shader.js';
import { f32Literal, grid1d, read, withPrelude, write } from '../../webgpu/shader.js';
import { belowOne, greedyBelow } from './maskgit.js';
import sampleBody from './sample_tokens.wgsl';
import unmaskBody from './unmask.wgsl';

const workgroupSize = 64;

export function sampleTokensWebgpu({ inputs, device }: WebgpuContext<Attributes>): readonly ShaderVariant[] {
  const size = inputs[0]!.shape.at(-1)!;
  const rows = sizeOf(inputs[1]!.shape);
  return [
    {
      name: 'workgroup',
      build: () => ({
        passes: [
          {
            label: 'sampleTokens',
            code: withPrelude(sampleBody, {
              constants: {
                ROWS: rows,
                ROWS_EACH: rows / sizeOf(inputs[2]!.shape),
                SIZE: size,
                LENGTH: Math.ceil(size / workgroupSize),
                WORKGROUP_SIZE: workgroupSize,
                LOWEST: f32Literal(-Infinity),
                GREEDY_BELOW: f32Literal(greedyBelow),
                BELOW_ONE: f32Literal(belowOne),
              },
            }),
            bindings: [
              ...inputs.map((_, index) => read('input', index)),
              write('output', 0),
              write('output', 1),
            ],
            workgroups: grid1d(rows, 1, device.limits.maxComputeWorkgroupsPerDimension),
          },
        ],
      }),
    },
  ];
}

export function unmaskWebgpu({ inputs, device }: WebgpuContext<Attributes>): readonly ShaderVariant[] {
  const length = inputs[0]!.shape.at(-1)!;
  const rows = sizeOf(inputs[0]!.shape) / length;
  const tiles = Math.ceil(length / workgroupSize);
  return [
    {
      name: 'thread',
      build: () => ({
        passes: [
          {
            label: 'unmaskMostConfident',
            code: withPrelude(unmaskBody, {
              constants: { ROWS: rows, LENGTH: length, TILES: tiles, WORKGROUP_SIZE: workgroupSize },
            }),
            bindings: [
              ...inputs.map((_, index) => read('input', index)),
              write('output', 0),
              write('output', 1),
            ],
            workgroups: grid1d(rows * tiles, 1, device.limits.maxComputeWorkgroupsPerDimension),
          },
        ],
      }),
    },
  ];
}
