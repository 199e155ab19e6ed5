import { sizeOf } from '@snowglobe/graph';
import type { WebgpuContext } from '../kernel.js';
import type { BindingReference, ShaderVariant } from '../webgpu/shader.js';
import { f32Literal, grid1d, read, withPrelude, write } from '../webgpu/shader.js';
import gradientBody from './gradient.wgsl';
import body from './rms_norm.wgsl';
import type { RmsNormAttributes } from './rms_norm.js';

const workgroupSize = 64;

export function rmsNormWebgpu(context: WebgpuContext<RmsNormAttributes>): readonly ShaderVariant[] {
  const gained = context.inputs.length === 2;
  const declarations = [
    gained ? '@group(0) @binding(1) var<storage, read> gain: array<f32>;' : '',
    `@group(0) @binding(${gained ? 2 : 1}) var<storage, read_write> result: array<f32>;`,
    `fn gain_of(channel: u32) -> f32 { return ${gained ? 'gain[channel]' : '1.0'}; }`,
  ].join('\n');
  const bindings = [read('input', 0), ...(gained ? [read('input', 1)] : []), write('output', 0)];
  return rowKernel('rmsNorm', `${body}\n${declarations}\n`, bindings, context);
}

export function rmsNormGradientWebgpu(context: WebgpuContext<RmsNormAttributes>): readonly ShaderVariant[] {
  return rowKernel(
    'rmsNormGradient',
    gradientBody,
    [read('input', 0), read('input', 1), write('output', 0)],
    context,
  );
}

/** A workgroup shares LANES threads a row, so short rows do not leave threads idle. */
function rowKernel(
  label: string,
  code: string,
  bindings: readonly BindingReference[],
  { inputs, attributes, device }: WebgpuContext<RmsNormAttributes>,
): readonly ShaderVariant[] {
  const { shape } = inputs[0]!;
  const channels = shape.at(-1)!;
  const rows = sizeOf(shape) / channels;
  const lanes = channels >= 128 ? 32 : channels >= 32 ? 8 : 1;
  return [
    {
      name: `lanes${lanes}`,
      build: () => ({
        passes: [
          {
            label,
            code: withPrelude(code, {
              constants: {
                ROWS: rows,
                CHANNELS: channels,
                LANES: lanes,
                WORKGROUP_SIZE: workgroupSize,
                EPSILON: f32Literal(attributes.epsilon),
              },
            }),
            bindings,
            workgroups: grid1d(rows * lanes, workgroupSize, device.limits.maxComputeWorkgroupsPerDimension),
          },
        ],
      }),
    },
  ];
}
