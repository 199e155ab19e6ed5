import type { WebgpuContext } from '../kernel.js';
import type { Tile } from '../matmul/webgpu.js';
import { tiledCode, tilesFor } from '../matmul/webgpu.js';
import type { ShaderProgram, ShaderVariant } from '../webgpu/shader.js';
import { f32Literal, read, withPrelude, write } from '../webgpu/shader.js';
import type { MatmulQuantizedAttributes, MatmulQuantizedShape } from './matmul_quantized.js';
import { matmulQuantizedShape, middle } from './matmul_quantized.js';
import body from './split.wgsl';

/** Rows that one workgroup of the split variant takes, threads to a column, columns. */
const split = { mostRows: 8, lanes: 8, columns: 8 } as const;

export function matmulQuantizedWebgpu({
  inputs,
  attributes,
  device,
}: WebgpuContext<MatmulQuantizedAttributes>): readonly ShaderVariant[] {
  const shape = matmulQuantizedShape(inputs, attributes);
  const buffers = declare(shape, attributes, inputs.length);
  const tiled = tilesFor(shape.m, device).map((tile) => ({
    name: tile.name,
    build: () => tiledProgram(tile, shape, buffers),
  }));
  const { limits } = device;
  const fits =
    Math.ceil(shape.m / split.mostRows) <= limits.maxComputeWorkgroupsPerDimension &&
    Math.ceil(shape.n / split.columns) <= limits.maxComputeWorkgroupsPerDimension;
  const splits = fits ? [{ name: 'split', build: () => splitProgram(shape, buffers) }] : [];
  // A tile would stand half empty for few rows, and reads each word once a value.
  return shape.m <= split.mostRows ? [...splits, ...tiled] : [...tiled, ...splits];
}

interface Buffers {
  /** Declarations of all buffers but `a`, and the functions that read them. */
  readonly code: string;
  readonly bindings: ShaderProgram['passes'][number]['bindings'];
}

function declare(
  { words, zeroWords, groups }: MatmulQuantizedShape,
  { bits, group, hasZeroPoints }: MatmulQuantizedAttributes,
  inputCount: number,
): Buffers {
  const hasBias = inputCount === (hasZeroPoints ? 5 : 4);
  const perWord = 32 / bits;
  const constant = (name: string, value: number): string => `const ${name} = ${value}u;`;
  const buffer = (index: number, name: string, type: string): string =>
    `@group(0) @binding(${index}) var<storage, read> ${name}: array<${type}>;`;
  const zero = hasZeroPoints
    ? 'f32((zeros[column * ZERO_WORDS + at / PER_WORD] >> ((at % PER_WORD) * BITS)) & MASK)'
    : f32Literal(middle(bits));
  return {
    code: [
      constant('BITS', bits),
      constant('MASK', 2 ** bits - 1),
      constant('PER_WORD', perWord),
      constant('GROUP', group),
      constant('WORDS', words),
      constant('GROUPS', groups),
      ...(hasZeroPoints ? [constant('ZERO_WORDS', zeroWords)] : []),
      buffer(1, 'packed', 'u32'),
      buffer(2, 'scales', 'f32'),
      ...(hasZeroPoints ? [buffer(3, 'zeros', 'u32')] : []),
      ...(hasBias ? [buffer(inputCount - 1, 'bias', 'f32')] : []),
      `@group(0) @binding(${inputCount}) var<storage, read_write> result: array<f32>;`,
      'fn scale_of(column: u32, at: u32) -> f32 { return scales[column * GROUPS + at]; }',
      `fn zero_of(column: u32, at: u32) -> f32 { return ${zero}; }`,
      `fn finish(value: f32, column: u32) -> f32 { return value${hasBias ? ' + bias[column]' : ''}; }`,
    ].join('\n'),
    bindings: [...Array.from({ length: inputCount }, (_, i) => read('input', i)), write('output', 0)],
  };
}

function tiledProgram(
  tile: Tile,
  { m, n, k }: MatmulQuantizedShape,
  { code, bindings }: Buffers,
): ShaderProgram {
  const access = [
    'fn a_offset(row: u32, i: u32) -> u32 { return row * K + i; }',
    'fn load_b(base: u32, i: u32, column: u32) -> f32 {',
    '  let bits = packed[column * WORDS + i / PER_WORD] >> ((i % PER_WORD) * BITS);',
    '  return (f32(bits & MASK) - zero_of(column, i / GROUP)) * scale_of(column, i / GROUP);',
    '}',
  ].join('\n');
  return {
    passes: [
      {
        label: `matmul-quantized-${tile.name}`,
        code: `${tiledCode(tile, { m, n, k, stride: 0 })}\n${code}\n${access}\n`,
        bindings,
        workgroups: [Math.ceil(n / tile.columns), Math.ceil(m / tile.rows), 1],
      },
    ],
  };
}

function splitProgram({ m, n, k }: MatmulQuantizedShape, { code, bindings }: Buffers): ShaderProgram {
  const rows = Math.min(m, split.mostRows);
  const constants = { M: m, N: n, K: k, ROWS: rows, COLUMNS: split.columns, LANES: split.lanes };
  return {
    passes: [
      {
        label: 'matmul-quantized-split',
        code: `${withPrelude(body, { constants })}\n${code}\n`,
        bindings,
        workgroups: [Math.ceil(n / split.columns), Math.ceil(m / rows), 1],
      },
    ],
  };
}
