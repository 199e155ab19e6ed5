import { sizeOf } from '@snowglobe/graph';
import type { WebgpuContext } from '../../kernel/kernel.js';
import { elementFunctions } from '../../webgpu/rows/rows.js';
import type { ShaderVariant } from '../../webgpu/shader.js';
import { f32Literal, grid1d, read, withPrelude, write } from '../../webgpu/shader.js';
import type { SplitHeadsAttributes } from './split_heads.js';
import body from './split_heads.wgsl';

const workgroupSize = 64;

export function splitHeadsWebgpu({
  inputs,
  device,
  attributes: { headWidth, epsilon, inverse, parts },
}: WebgpuContext<SplitHeadsAttributes>): readonly ShaderVariant[] {
  const columns = inputs[0]!.shape.at(-1)!;
  const rows = sizeOf(inputs[0]!.shape) / columns;
  const rotates = inputs.length === 3;
  const widths = [
    columns,
    headWidth,
    ...(rotates ? [headWidth / 2] : []),
    ...parts.map(({ start }) => start),
  ];
  const width = widths.every((each) => each % 4 === 0) ? 4 : 1;
  let first = 0;
  const constants = parts.flatMap(({ start, heads, normalize, rotate }, p): [string, number | string][] => {
    first += heads;
    return [
      [`FIRST${p}`, first - heads],
      [`HEADS${p}`, heads],
      [`START${p}`, start / width],
      [`NORMALIZE${p}`, String(normalize)],
      [`ROTATE${p}`, String(rotate)],
    ];
  });
  const buffer = (index: number, access: string, name: string): string =>
    `@group(0) @binding(${index}) var<storage, ${access}> ${name}: array<Element>;\n`;
  const sign = inverse ? '-' : '';
  const generated = [
    rotates ? buffer(1, 'read', 'cosines') + buffer(2, 'read', 'sines') : '',
    ...parts.map((_, p) => buffer(inputs.length + p, 'read_write', `result${p}`)),
    `fn cos_of(i: u32) -> Element { return ${rotates ? 'cosines[i]' : 'Element()'}; }\n`,
    `fn sin_of(i: u32) -> Element { return ${rotates ? `${sign}sines[i]` : 'Element()'}; }\n`,
    elementFunctions[width],
  ].join('');
  const code = withPrelude(body, {
    constants: {
      WORKGROUP_SIZE: workgroupSize,
      ROWS: rows,
      COLUMNS: columns / width,
      WIDTH: headWidth / width,
      HEADS: first,
      FRAMES: rotates ? inputs[1]!.shape[0]! : 1,
      CHANNELS: f32Literal(headWidth),
      EPSILON: f32Literal(epsilon),
      PARTS: parts.length,
      ...Object.fromEntries(constants),
    },
    aliases: { Element: width === 4 ? 'vec4f' : 'f32' },
  });
  const pass = {
    label: 'splitHeads',
    code: code + generated,
    bindings: [...inputs.map((_, index) => read('input', index)), ...parts.map((_, p) => write('output', p))],
    workgroups: grid1d(rows * first, workgroupSize, device.limits.maxComputeWorkgroupsPerDimension),
  };
  return [{ name: 'heads', build: () => ({ passes: [pass] }) }];
}
