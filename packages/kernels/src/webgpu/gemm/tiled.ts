import type { DeviceCapabilities, Precision } from '../capabilities.js';
import { allowsHalf } from '../capabilities.js';
import { inPreferredOrder } from '../policy/policy.js';
import { withPrelude } from '../shader.js';
import body from './tiled.wgsl';

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
  return inPreferredOrder('tiles', { m }, fitting, device);
}

/** How a batch that is larger than a dimension of workgroups may be lies in two: `FOLD` items in z, further ones as rows in y. */
interface Fold {
  readonly batch: number;
  readonly items: number;
}

/** The tiled matmul, which wants `a_offset`, `load_b`, `finish`, `residual_at` and `result` appended. */
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
