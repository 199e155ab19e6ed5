import type { WebgpuContext } from '../kernel.js';
import { pointwiseFunctions } from '../pointwise/functions.js';
import type { ShaderVariant } from '../webgpu/shader.js';
import { f32Literal, read, withPrelude, write } from '../webgpu/shader.js';
import type { MatmulAttributes, MatmulShape } from './matmul.js';
import { matmulShape } from './matmul.js';
import body from './matmul.wgsl';

/** Rows and columns of a workgroup's tile, columns of K a step, rows and columns of a thread. */
interface Tile {
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly threadRows: number;
  readonly threadColumns: number;
}

const tiles: readonly Tile[] = [
  { name: 'tile32x32', rows: 32, columns: 32, depth: 16, threadRows: 4, threadColumns: 4 },
  { name: 'tile64x64', rows: 64, columns: 64, depth: 16, threadRows: 8, threadColumns: 8 },
  { name: 'tile8x32', rows: 8, columns: 32, depth: 32, threadRows: 1, threadColumns: 4 },
];

export function matmulWebgpu({
  inputs,
  attributes,
  device,
}: WebgpuContext<MatmulAttributes>): readonly ShaderVariant[] {
  const shape = matmulShape(inputs, attributes);
  const hasBias = inputs.length === 3;
  const fitting = tiles.filter(({ rows, columns, depth, threadRows, threadColumns }) => {
    const threads = (rows / threadRows) * (columns / threadColumns);
    const storage = (rows + columns) * depth * 4;
    const { limits } = device;
    return (
      threads <= limits.maxComputeInvocationsPerWorkgroup &&
      storage <= limits.maxComputeWorkgroupStorageSize &&
      Math.ceil(shape.m / rows) <= limits.maxComputeWorkgroupsPerDimension
    );
  });
  // Few rows waste a square tile: the flat one comes first for them.
  const preferred = shape.m <= 8 ? 'tile8x32' : 'tile32x32';
  return fitting
    .sort((a, b) => Number(b.name === preferred) - Number(a.name === preferred))
    .map((tile) => ({ name: tile.name, build: () => program(tile, shape, attributes, hasBias) }));
}

function program(tile: Tile, shape: MatmulShape, attributes: MatmulAttributes, hasBias: boolean) {
  const { m, n, k, batch, shared } = shape;
  const { transposeA, transposeB, activation } = attributes;
  const literal = (value: number): string => f32Literal(value);
  const activated = activation === 'none' ? 'x' : pointwiseFunctions[activation].wgsl(literal, 'x');
  const generated = [
    hasBias ? '@group(0) @binding(2) var<storage, read> bias: array<f32>;' : '',
    `@group(0) @binding(${hasBias ? 3 : 2}) var<storage, read_write> result: array<f32>;`,
    `fn a_offset(row: u32, i: u32) -> u32 { return ${transposeA ? 'i * M + row' : 'row * K + i'}; }`,
    `fn b_offset(i: u32, column: u32) -> u32 { return ${transposeB ? 'column * K + i' : 'i * N + column'}; }`,
    `fn finish(value: f32, column: u32) -> f32 { let x = value${hasBias ? ' + bias[column]' : ''}; return ${activated}; }`,
  ].join('\n');
  const code = withPrelude(body, {
    constants: {
      M: m,
      N: n,
      K: k,
      B_STRIDE: shared ? 0 : k * n,
      TILE_M: tile.rows,
      TILE_N: tile.columns,
      TILE_K: tile.depth,
      ROWS: tile.threadRows,
      COLUMNS: tile.threadColumns,
      THREADS_X: tile.columns / tile.threadColumns,
      THREADS: (tile.columns / tile.threadColumns) * (tile.rows / tile.threadRows),
    },
  });
  return {
    passes: [
      {
        label: `matmul-${tile.name}`,
        code: `${code}\n${generated}\n`,
        bindings: [
          read('input', 0),
          read('input', 1),
          ...(hasBias ? [read('input', 2)] : []),
          write('output', 0),
        ],
        workgroups: [Math.ceil(n / tile.columns), Math.ceil(m / tile.rows), batch] as const,
      },
    ],
  };
}
