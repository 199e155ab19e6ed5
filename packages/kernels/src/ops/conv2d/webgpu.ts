import type { WebgpuContext } from '../../kernel/kernel.js';
import { inPreferredOrder } from '../../webgpu/policy/policy.js';
import type { ShaderVariant } from '../../webgpu/shader.js';
import { grid1d, read, withPrelude, write } from '../../webgpu/shader.js';
import type { Conv2dAttributes } from './conv2d.js';
import { conv2dOp, conv2dShape } from './conv2d.js';
import body from './direct.wgsl';
import { registerVariants } from './registers.js';
import { filterGradientProgram, tiledVariants } from './tiled.js';

const workgroupSize = 64;
/** Pixels along a row and output channels that one thread of the direct kernel computes. */
const tile = { pixels: 4, channels: 4 };

/** Tiles in workgroup memory, and what needs none: registers, and the direct kernel, which runs everywhere. */
export function conv2dWebgpu(context: WebgpuContext<Conv2dAttributes>): readonly ShaderVariant[] {
  const { inputs, outputs, attributes } = context;
  const tiled = tiledVariants(context);
  const direct = directVariant(context);
  const registers = registerVariants(context);
  const flops = conv2dOp.flops(inputs, outputs, attributes);
  const problem = { flops, fitsRegisters: registers.length > 0 };
  return inPreferredOrder('conv2d', problem, [...tiled, ...registers, direct], context.device);
}

function directVariant({
  inputs,
  outputs,
  attributes: { transposed },
  device,
}: WebgpuContext<Conv2dAttributes>): ShaderVariant {
  const { batch, height, width, channels } = conv2dShape(inputs);
  const [size, , filterInputs, filterOutputs] = inputs[1]!.shape as [number, number, number, number];
  const outputChannels = outputs[0]!.shape[3]!;
  const hasBias = inputs.length === 3;
  const threads = batch * height * Math.ceil(width / tile.pixels) * Math.ceil(outputChannels / tile.channels);
  const declarations = [
    hasBias ? '@group(0) @binding(2) var<storage, read> bias: array<f32>;' : '',
    `@group(0) @binding(${hasBias ? 3 : 2}) var<storage, read_write> result: array<f32>;`,
    `fn bias_of(channel: u32) -> f32 { return ${hasBias ? 'bias[channel]' : '0.0'}; }`,
    'fn filter_offset(tap: u32, input: u32, output: u32) -> u32 {',
    transposed
      ? `  return ((${size * size - 1}u - tap) * ${filterInputs}u + output) * ${filterOutputs}u + input;`
      : `  return (tap * ${filterInputs}u + input) * ${filterOutputs}u + output;`,
    '}',
  ].join('\n');
  return {
    name: `direct${tile.pixels}x${tile.channels}`,
    build: () => ({
      passes: [
        {
          label: 'conv2d',
          code: `${withPrelude(body, {
            constants: {
              BATCH: batch,
              HEIGHT: height,
              WIDTH: width,
              INPUTS: channels,
              OUTPUTS: outputChannels,
              SIZE: size,
              PIXELS: tile.pixels,
              CHANNELS: tile.channels,
              WORKGROUP_SIZE: workgroupSize,
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
}

export function conv2dFilterGradientWebgpu(
  context: WebgpuContext<{ readonly size: number }>,
): readonly ShaderVariant[] {
  return [{ name: 'splits', build: () => filterGradientProgram(context) }];
}
