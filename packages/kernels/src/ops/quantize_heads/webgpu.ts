import type { WebgpuContext } from '../../kernel/kernel.js';
import type { ShaderVariant } from '../../webgpu/shader.js';
import { f32Literal, grid1d, read, withPrelude, write } from '../../webgpu/shader.js';
import { leastLargest } from '../../numerics/rounding.js';
import { packedHeads } from './dequantize_heads.js';
import dequantizeHeads from './dequantize_heads.wgsl';
import type { QuantizeHeadsAttributes } from './quantize_heads.js';
import { headsShape } from './quantize_heads.js';
import quantizeHeads from './quantize_heads.wgsl';

const workgroupSize = 64;

export function quantizeHeadsWebgpu({
  inputs,
  attributes,
  device,
}: WebgpuContext<QuantizeHeadsAttributes>): readonly ShaderVariant[] {
  const { count, head } = headsShape(inputs[0]!, attributes);
  return [
    {
      name: 'thread',
      build: () => ({
        passes: [
          {
            label: 'quantizeHeads',
            code: withPrelude(quantizeHeads, {
              constants: {
                ...{ COUNT: count, VECTORS: head / 4, WORKGROUP_SIZE: workgroupSize },
                LEAST_LARGEST: f32Literal(leastLargest),
              },
            }),
            bindings: [read('input', 0), write('output', 0), write('output', 1)],
            workgroups: grid1d(count, workgroupSize, device.limits.maxComputeWorkgroupsPerDimension),
          },
        ],
      }),
    },
  ];
}

export function dequantizeHeadsWebgpu({
  inputs,
  device,
}: WebgpuContext<Record<never, never>>): readonly ShaderVariant[] {
  const { count, words } = packedHeads(inputs);
  const threads = count * words;
  return [
    {
      name: 'word',
      build: () => ({
        passes: [
          {
            label: 'dequantizeHeads',
            code: withPrelude(dequantizeHeads, {
              constants: { COUNT: threads, VECTORS: words, WORKGROUP_SIZE: workgroupSize },
            }),
            bindings: [read('input', 0), read('input', 1), write('output', 0)],
            workgroups: grid1d(threads, workgroupSize, device.limits.maxComputeWorkgroupsPerDimension),
          },
        ],
      }),
    },
  ];
}
