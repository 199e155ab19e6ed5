import type { WebgpuContext } from '../kernel.js';
import type { Tile } from '../matmul/webgpu.js';
import { tiledCode, tilesFor } from '../matmul/webgpu.js';
import type { DeviceCapabilities } from '../webgpu/capabilities.js';
import type { ShaderProgram, ShaderVariant } from '../webgpu/shader.js';
import { f32Literal, inOrder, read, withPrelude, write } from '../webgpu/shader.js';
import type { MatmulQuantizedAttributes, MatmulQuantizedShape } from './matmul_quantized.js';
import { matmulQuantizedShape, middle } from './matmul_quantized.js';
import { integerVariants, roundedVariant } from './integer.js';
import registers from './registers.wgsl';
import split from './split.wgsl';

/** Rows that one workgroup of a split variant takes at most, threads to a column, columns. */
const splits = [
  { name: 'split8', mostRows: 8, lanes: 8, columns: 8 },
  { name: 'split32', mostRows: 4, lanes: 32, columns: 4 },
] as const;

/** Rows and columns that a thread holds; threads of a workgroup along columns and rows. */
const registerTiles = [
  { rows: 1, columns: 4, threads: [32, 1] },
  { rows: 1, columns: 1, threads: [64, 1] },
  { rows: 4, columns: 2, threads: [8, 8] },
  { rows: 4, columns: 4, threads: [8, 8] },
  { rows: 8, columns: 4, threads: [8, 2] },
  { rows: 16, columns: 8, threads: [4, 1] },
] as const;

export function matmulQuantizedWebgpu(
  context: WebgpuContext<MatmulQuantizedAttributes>,
): readonly ShaderVariant[] {
  const { inputs, attributes, device } = context;
  const shape = matmulQuantizedShape(inputs, attributes);
  const buffers = declare(shape, attributes, inputs.length);
  const most = device.limits.maxComputeWorkgroupsPerDimension;
  const fits = ([x, y]: readonly [number, number]): boolean => x <= most && y <= most;
  const { m, n, k } = shape;

  const tiled = tilesFor(m, device).map((tile) => ({
    name: tile.name,
    build: () => tiledProgram(tile, shape, buffers),
  }));
  const inSplits = splits
    .map((each) => {
      const rows = Math.min(m, each.mostRows);
      return { ...each, rows, grid: [Math.ceil(n / each.columns), Math.ceil(m / rows)] as const };
    })
    .filter(({ grid }) => fits(grid))
    .map(({ name, grid, ...rest }) => ({
      name,
      build: () => splitProgram(name, rest, grid, shape, buffers, attributes),
    }));
  const wholeWords = k % (32 / attributes.bits) === 0;
  const inRegisters = registerTiles
    .filter(({ rows }) => wholeWords && (rows === 1 ? m <= 8 : rows <= Math.max(4, m)))
    .map((tile) => {
      const [x, y] = tile.threads;
      const grid = [Math.ceil(n / tile.columns / x), Math.ceil(m / tile.rows / y)] as const;
      return { tile, grid };
    })
    .filter(({ grid }) => fits(grid))
    .map(({ tile, grid }) => ({
      name: `registers${tile.rows}x${tile.columns}`,
      build: () => registerProgram(tile, grid, shape, buffers, attributes),
    }));
  const preferred = preferredFor(m, device);
  const variants = inOrder([...inRegisters, ...inSplits, ...tiled], preferred);
  if (attributes.activationBits === 32) return variants;
  const rounded = variants.map((variant) => roundedVariant(variant, shape, device));
  const integer = inOrder(integerVariants(shape, attributes, buffers, device), [
    m <= 2 ? 'integer1x4' : 'integer8x4',
  ]);
  // A CPU multiplies floats at least as fast as bytes.
  return device.isSoftware ? [...rounded, ...integer] : [...integer, ...rounded];
}

/** Names of the variants to try first, by what was measured; tuning finds better ones on a given device. */
function preferredFor(m: number, { isSoftware }: DeviceCapabilities): readonly string[] {
  if (isSoftware) {
    if (m <= 2) return ['registers1x4', 'split8'];
    if (m <= 8) return ['registers4x4', 'split8'];
    return [...(m >= 16 ? ['registers16x8'] : []), 'registers8x4', 'registers4x4', 'tile64x64'];
  }
  // A tile would stand half empty for few rows, and reads each word once a value.
  return m <= 8 ? ['split32', 'split8'] : ['tile32x32'];
}

export interface Buffers {
  /** Constants, declarations of all buffers but `a`, and the functions that read them. */
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
    'fn residual_at(index: u32) -> f32 { return 0.0; }',
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

function splitProgram(
  name: string,
  { rows, columns, lanes }: { readonly rows: number; readonly columns: number; readonly lanes: number },
  grid: readonly [number, number],
  { m, n, k }: MatmulQuantizedShape,
  { code, bindings }: Buffers,
  { bits }: MatmulQuantizedAttributes,
): ShaderProgram {
  const body = withPrelude(split, {
    constants: { M: m, N: n, K: k, ROWS: rows, COLUMNS: columns, LANES: lanes },
    conditions: { NIBBLES: bits === 4 },
  });
  return {
    passes: [
      {
        label: `matmul-quantized-${name}`,
        code: `${body}\n${code}\n${k % 4 === 0 ? vectors : numbers}\n`,
        bindings,
        workgroups: [...grid, 1],
      },
    ],
  };
}

/** `load_a` where rows fall into vectors of four, and where they do not. Both give zeros beyond the row. */
const vectors = `@group(0) @binding(0) var<storage, read> a: array<vec4f>;
fn load_a(row: u32, i: u32) -> vec4f {
  return select(vec4f(0.0), a[(row * K + min(i, K - 4u)) / 4u], i < K);
}`;
const numbers = `@group(0) @binding(0) var<storage, read> a: array<f32>;
fn number(row: u32, i: u32) -> f32 { return select(0.0, a[row * K + min(i, K - 1u)], i < K); }
fn load_a(row: u32, i: u32) -> vec4f {
  return vec4f(number(row, i), number(row, i + 1u), number(row, i + 2u), number(row, i + 3u));
}`;

function registerProgram(
  { rows, columns, threads: [x, y] }: (typeof registerTiles)[number],
  grid: readonly [number, number],
  { m, n, k }: MatmulQuantizedShape,
  { code, bindings }: Buffers,
  { bits }: MatmulQuantizedAttributes,
): ShaderProgram {
  const constants = { M: m, N: n, K: k, ROWS: rows, COLUMNS: columns, THREADS_X: x, THREADS_Y: y };
  const body = withPrelude(registers, { constants, conditions: { NIBBLES: bits === 4 } });
  return {
    passes: [
      {
        label: `matmul-quantized-registers${rows}x${columns}`,
        code: `${body}\n${code}\n`,
        bindings,
        workgroups: [...grid, 1],
      },
    ],
  };
}
