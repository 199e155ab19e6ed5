import { sizeOf } from '@snowglobe/graph';
import type { WebgpuContext } from '../../kernel/kernel.js';
import type { ShaderVariant } from '../../webgpu/shader.js';
import { f32Literal, grid1d, read, withPrelude, write } from '../../webgpu/shader.js';
import type { AdamwAttributes } from './adamw.js';
import body from './adamw.wgsl';

const workgroupSize = 64;

export function adamwWebgpu({
  inputs,
  attributes: { beta1, beta2, epsilon, decay },
  device,
}: WebgpuContext<AdamwAttributes>): readonly ShaderVariant[] {
  const size = sizeOf(inputs[0]!.shape);
  const width = size % 4 === 0 ? 4 : 1;
  return [
    {
      name: `width${width}`,
      build: () => ({
        passes: [
          {
            label: 'adamw',
            code: withPrelude(body, {
              constants: {
                COUNT: size / width,
                WORKGROUP_SIZE: workgroupSize,
                BETA1: f32Literal(beta1),
                BETA2: f32Literal(beta2),
                EPSILON: f32Literal(epsilon),
                DECAY: f32Literal(decay),
              },
              aliases: { Element: width === 4 ? 'vec4f' : 'f32' },
            }),
            bindings: [
              ...inputs.map((_, index) => read('input', index)),
              write('output', 0),
              write('output', 1),
              write('output', 2),
            ],
            workgroups: grid1d(size / width, workgroupSize, device.limits.maxComputeWorkgroupsPerDimension),
          },
        ],
      }),
    },
  ];
}
