import type { WebgpuContext } from '../../kernel/kernel.js';
import type { ShaderVariant } from '../../webgpu/shader.js';
import { grid1d, read, withPrelude, write } from '../../webgpu/shader.js';
import type { Conv2dAttributes } from './conv2d.js';
import { conv2dShape } from './conv2d.js';
import body from './registers.wgsl';

const workgroupSize = 32;
/** Pixels along a row and vectors of four output channels that a thread holds. */
const tiles = [
  { pixels: 4, vectors: 2 },
  { pixels: 8, vectors: 2 },
] as const;

/** Variants without workgroup memory; none for transposed filters or channels that do not fall into vectors of four. */
export function registerVariants({
  inputs,
  outputs,
  attributes: { transposed },
  device,
}: WebgpuContext<Conv2dAttributes>): readonly ShaderVariant[] {
  const { batch, height, width, channels } = conv2dShape(inputs);
  const size = inputs[1]!.shape[0]!;
  const outputChannels = outputs[0]!.shape[3]!;
  if (transposed || channels % 4 !== 0 || outputChannels % 4 !== 0) return [];
  const hasBias = inputs.length === 3;
  const declarations = [
    hasBias ? '@group(0) @binding(2) var<storage, read> bias: array<vec4f>;' : '',
    `@group(0) @binding(${hasBias ? 3 : 2}) var<storage, read_write> result: array<vec4f>;`,
    `fn bias_of(vector: u32) -> vec4f { return ${hasBias ? 'bias[vector]' : 'vec4f()'}; }`,
  ].join('\n');
  return tiles
    .filter(({ pixels }) => pixels <= Math.max(4, width))
    .map(({ pixels, vectors }) => {
      const columns = Math.ceil(width / pixels);
      const threads = batch * height * columns * Math.ceil(outputChannels / 4 / vectors);
      return {
        name: `registers${pixels}x${vectors * 4}`,
        build: () => ({
          passes: [
            {
              label: `conv2d-registers${pixels}x${vectors * 4}`,
              code: `${withPrelude(body, {
                constants: {
                  ...{ BATCH: batch, HEIGHT: height, WIDTH: width, INPUTS: channels },
                  ...{ OUTPUTS: outputChannels, SIZE: size, PIXELS: pixels, VECTORS: vectors },
                  ...{ SPAN: pixels + size - 1, WORKGROUP_SIZE: workgroupSize },
                },
              })}\n${declarations}\n`,
              bindings: [
                read('input', 0),
                read('input', 1),
                ...(hasBias ? [read('input', 2)] : []),
                write('output', 0),
              ],
              workgroups: grid1d(threads, workgroupSize, device.limits.maxComputeWorkgroupsPerDimension),
            },
          ],
        }),
      };
    });
}
