import { sizeOf } from '@snowglobe/graph';
import type { WebgpuContext } from '../../kernel/kernel.js';
import { columnSumsPass, rowVariants } from '../../webgpu/rows/rows.js';
import type { ShaderVariant } from '../../webgpu/shader.js';
import { f32Literal, read, withPrelude, write } from '../../webgpu/shader.js';
import gainGradient from './gain_gradient.wgsl';
import forward from './rms_norm.wgsl';
import backward from './rms_norm_gradient.wgsl';
import type { NoAttributes, RmsNormAttributes } from './rms_norm.js';

/** Declares the gain, where there is one, as binding `index`, and the function that applies it. */
function gainCode(index: number, hasGain: boolean): string {
  return hasGain
    ? `@group(0) @binding(${index}) var<storage, read> gain: array<Element>;\n` +
        'fn scaled(value: Element, column: u32) -> Element { return value * gain[column]; }\n'
    : 'fn scaled(value: Element, column: u32) -> Element { return value; }\n';
}

export function rmsNormWebgpu({
  inputs,
  attributes,
  device,
}: WebgpuContext<RmsNormAttributes>): readonly ShaderVariant[] {
  const length = inputs[0]!.shape.at(-1)!;
  const hasGain = inputs.length === 2;
  const body =
    forward +
    gainCode(1, hasGain) +
    `@group(0) @binding(${inputs.length}) var<storage, read_write> result: array<Element>;\n` +
    `@group(0) @binding(${inputs.length + 1}) var<storage, read_write> inverse: array<f32>;\n`;
  return rowVariants(
    {
      label: 'rmsNorm',
      body,
      length,
      rows: sizeOf(inputs[0]!.shape) / length,
      bindings: [...inputs.map((_, index) => read('input', index)), write('output', 0), write('output', 1)],
      constants: { CHANNELS: f32Literal(length), EPSILON: f32Literal(attributes.epsilon) },
    },
    device,
  );
}

export function rmsNormGradientWebgpu({
  inputs,
  device,
}: WebgpuContext<NoAttributes>): readonly ShaderVariant[] {
  const length = inputs[0]!.shape.at(-1)!;
  const body =
    backward +
    gainCode(3, inputs.length === 4) +
    `@group(0) @binding(${inputs.length}) var<storage, read_write> result: array<Element>;\n`;
  return rowVariants(
    {
      label: 'rmsNormGradient',
      body,
      length,
      rows: sizeOf(inputs[0]!.shape) / length,
      bindings: [...inputs.map((_, index) => read('input', index)), write('output', 0)],
      constants: { CHANNELS: f32Literal(length) },
    },
    device,
  );
}

/** Rows whose sum one thread takes; the blocks keep many threads busy, a second pass adds them. */
const rowsPerBlock = 64;
const workgroupSize = 64;

export function rmsNormGainGradientWebgpu({
  inputs,
  device,
}: WebgpuContext<NoAttributes>): readonly ShaderVariant[] {
  const columns = inputs[0]!.shape.at(-1)!;
  const rows = sizeOf(inputs[1]!.shape);
  const limit = device.limits.maxComputeWorkgroupsPerDimension;
  const block = Math.max(rowsPerBlock, Math.ceil(rows / limit));
  const blocks = Math.ceil(rows / block);
  return [
    {
      name: 'blocks',
      build: () => ({
        scratch: [{ shape: [blocks, columns], dtype: 'f32' }],
        passes: [
          {
            label: 'rmsNormGainGradient',
            code: withPrelude(gainGradient, {
              constants: { COUNT: rows, COLUMNS: columns, BLOCK: block, WORKGROUP_SIZE: workgroupSize },
            }),
            bindings: [read('input', 0), read('input', 1), read('input', 2), write('scratch', 0)],
            workgroups: [Math.ceil(columns / workgroupSize), blocks, 1],
          },
          columnSumsPass('rmsNormGainGradient-sum', { rows: blocks, columns }, device),
        ],
      }),
    },
  ];
}
