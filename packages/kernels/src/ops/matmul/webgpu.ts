import type { WebgpuContext } from '../../kernel/kernel.js';
import type { DeviceCapabilities, Precision } from '../../webgpu/capabilities.js';
import { allowsHalf } from '../../webgpu/capabilities.js';
import type { ShaderVariant } from '../../webgpu/shader.js';
import { inOrder, withPrelude } from '../../webgpu/shader.js';
import { epilogue } from './epilogue.js';
import type { MatmulAttributes, MatmulShape } from './matmul.js';
import { matmulEpilogueOperands, matmulShape } from './matmul.js';
import body from './matmul.wgsl';
import { matrixVariants } from './matrices.js';
import { octetVariants } from './octets.js';
import { registerVariants } from './registers.js';
import { subgroupVariants } from './subgroups.js';

/** Rows and columns of a workgroup's tile, columns of K a step, rows and columns of a thread; what workgroup memory holds. */
export interface Tile {
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly threadRows: number;
  readonly threadColumns: number;
  readonly stored: Precision;
}

const tiles: readonly Omit<Tile, 'stored'>[] = [
  { name: 'tile32x32', rows: 32, columns: 32, depth: 16, threadRows: 4, threadColumns: 4 },
  { name: 'tile64x64', rows: 64, columns: 64, depth: 16, threadRows: 8, threadColumns: 8 },
  { name: 'tile8x32', rows: 8, columns: 32, depth: 32, threadRows: 1, threadColumns: 4 },
];

/** The same with operands of half the size, so that twice the depth fits. */
const halfTiles = tiles.map((tile) => ({ ...tile, name: `${tile.name}-f16`, depth: tile.depth * 2 }));

export function matmulWebgpu({
  inputs,
  attributes,
  device,
}: WebgpuContext<MatmulAttributes>): readonly ShaderVariant[] {
  const shape = matmulShape(inputs, attributes);
  const most = device.limits.maxComputeWorkgroupsPerDimension;
  const tiled = tilesFor(shape.m, device).map((tile) => ({
    name: tile.name,
    build: () => program(tile, shape, attributes, inputs.length, most),
  }));
  const registers = registerVariants(shape, attributes, inputs.length, device);
  const subgroups = subgroupVariants(shape, attributes, inputs.length, device);
  const access = accessCode(attributes, inputs.length);
  const product = {
    label: 'matmul',
    ...shape,
    stride: shape.shared ? 0 : shape.k * shape.n,
    ...access,
  };
  const octets = octetVariants(shape, access, device);
  const matrices = matrixVariants(product, device);
  // Those by subgroups were not timed on a GPU yet: tuning, which checks them first, may choose them.
  return inOrder([...registers, ...octets, ...tiled, ...subgroups, ...matrices], preferredFor(shape, device));
}

/** Names of the variants to try first, best first, by what was measured; tuning finds better ones on a given device. */
function preferredFor({ m, n }: MatmulShape, device: DeviceCapabilities): readonly string[] {
  // Every barrier of a driver that computes on the CPU stores and loads all registers of the workgroup.
  if (device.isSoftware) {
    if (m <= 2) return ['registers1x8'];
    if (m <= 8 || n < 8) return ['registers4x8', 'registers4x4'];
    return [...(m >= 16 ? ['octets16x2'] : []), 'octets8x4', 'registers8x8', 'registers4x8'];
  }
  if (m <= 2) return ['registers1x4', 'registers1x8', 'tile8x32'];
  return tileNames(m, device);
}

/** Few rows waste a square tile, and wait for the other operand's memory, which half precision in tiles does not spare. */
function tileNames(m: number, device: DeviceCapabilities): readonly string[] {
  if (m <= 8) return ['tile8x32'];
  return allowsHalf(device) && !device.isSoftware ? ['tile32x32-f16', 'tile32x32'] : ['tile32x32'];
}

/** The tiles that the device has room for, the best one for so many rows first. */
export function tilesFor(m: number, device: DeviceCapabilities): readonly Tile[] {
  const { limits } = device;
  const all = [
    ...tiles.map((tile) => ({ ...tile, stored: 'f32' as const })),
    ...(allowsHalf(device) ? halfTiles.map((tile) => ({ ...tile, stored: 'f16' as const })) : []),
  ];
  const fitting = all.filter(({ rows, columns, depth, threadRows, threadColumns, stored }) => {
    const threads = (rows / threadRows) * (columns / threadColumns);
    const storage = (rows + columns) * depth * (stored === 'f16' ? 2 : 4);
    return (
      threads <= limits.maxComputeInvocationsPerWorkgroup &&
      storage <= limits.maxComputeWorkgroupStorageSize &&
      Math.ceil(m / rows) <= limits.maxComputeWorkgroupsPerDimension
    );
  });
  return inOrder(fitting, tileNames(m, device));
}

/** How a batch that is larger than a dimension of workgroups may be lies in two: `FOLD` items in z, further ones as rows in y. */
interface Fold {
  readonly batch: number;
  readonly items: number;
}

/** The tiled product, which wants `a_offset`, `load_b`, `finish`, `residual_at` and `result` appended. */
export function tiledCode(
  tile: Tile,
  {
    m,
    n,
    k,
    stride,
  }: { readonly m: number; readonly n: number; readonly k: number; readonly stride: number },
  fold?: Fold,
): string {
  return withPrelude(body, {
    enable: tile.stored === 'f16' ? ['f16'] : [],
    aliases: { Stored: tile.stored },
    conditions: { FOLDED: fold !== undefined },
    constants: {
      ...(fold && { BATCH: fold.batch, FOLD: fold.items, ROW_TILES: Math.ceil(m / tile.rows) }),
      M: m,
      N: n,
      K: k,
      B_STRIDE: stride,
      TILE_M: tile.rows,
      TILE_N: tile.columns,
      TILE_K: tile.depth,
      ROWS: tile.threadRows,
      COLUMNS: tile.threadColumns,
      THREADS_X: tile.columns / tile.threadColumns,
      THREADS: (tile.columns / tile.threadColumns) * (tile.rows / tile.threadRows),
    },
  });
}

/** `a_offset`, `load_b`, the epilogue, and all buffers but `a`. */
function accessCode(attributes: MatmulAttributes, inputCount: number) {
  const { transposeA, transposeB, activation } = attributes;
  const operands = matmulEpilogueOperands(inputCount, attributes);
  const { code: ending, bindings } = epilogue(activation, operands, inputCount, 'f32');
  const generated = [
    '@group(0) @binding(1) var<storage, read> b: array<f32>;',
    `fn a_offset(row: u32, i: u32) -> u32 { return ${transposeA ? 'i * M + row' : 'row * K + i'}; }`,
    `fn load_b(base: u32, i: u32, column: u32) -> f32 { return b[base + ${transposeB ? 'column * K + i' : 'i * N + column'}]; }`,
    ending,
  ].join('\n');
  return { generated, bindings };
}

function program(
  tile: Tile,
  shape: MatmulShape,
  attributes: MatmulAttributes,
  inputCount: number,
  most: number,
) {
  const { m, n, k, batch, shared } = shape;
  const folds = Math.ceil(batch / most);
  const items = Math.ceil(batch / folds);
  const { generated, bindings } = accessCode(attributes, inputCount);
  const sizes = { m, n, k, stride: shared ? 0 : k * n };
  const code = tiledCode(tile, sizes, folds > 1 ? { batch, items } : undefined);
  return {
    passes: [
      {
        label: `matmul-${tile.name}`,
        code: `${code}\n${generated}\n`,
        bindings,
        workgroups: [Math.ceil(n / tile.columns), Math.ceil(m / tile.rows) * folds, items] as const,
      },
    ],
  };
}
