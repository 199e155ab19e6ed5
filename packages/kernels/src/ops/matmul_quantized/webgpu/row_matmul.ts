import type { DeviceCapabilities, Precision } from '../../../webgpu/capabilities.js';
import type { Prelude, ShaderProgram, ShaderVariant } from '../../../webgpu/shader.js';
import { withPrelude } from '../../../webgpu/shader.js';
import type { QuantizedBuffers } from './buffers.js';
import { partsOf } from './buffers.js';
import type { WeightBits } from '../pack.js';
import registers from './registers.wgsl';
import split from './split.wgsl';

/** A matmul whose rows are read by generated code: rows of a matrix, or what stands under a filter. */
export interface RowMatmul {
  /** Begins labels. */
  readonly label: string;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly bits: WeightBits;
  /** Successive weights that share a scale. */
  readonly group: number;
  /** Buffer 0, `place_of(row)`, `spot_of(i)` and `load_a(place, spot)`: numbers i … i + 3 of a row, zeros beyond K. */
  readonly rows: string;
  /** The same for threads that ask for the same numbers, with `load_one(place, spot)`: number i + lane of a row. */
  readonly rowsByLane?: string;
  /** Calls of `load_a` that a shader may hold: compilers write each of them out. */
  readonly mostLoads: number;
  readonly buffers: QuantizedBuffers;
}

/** Rows that one workgroup of a split variant takes at most, threads to a column, columns. */
const splits = [
  { name: 'split8', mostRows: 8, lanes: 8, columns: 8 },
  { name: 'split32', mostRows: 4, lanes: 32, columns: 4 },
] as const;

/** Rows and columns that a thread holds; threads of a workgroup along columns and rows. */
export interface RegisterTile {
  readonly rows: number;
  readonly columns: number;
  readonly threads: readonly [x: number, y: number];
}

const registerTiles: readonly RegisterTile[] = [
  { rows: 1, columns: 4, threads: [32, 1] },
  { rows: 1, columns: 1, threads: [64, 1] },
  { rows: 4, columns: 2, threads: [8, 8] },
  { rows: 4, columns: 4, threads: [8, 8] },
  { rows: 8, columns: 4, threads: [8, 2] },
  { rows: 16, columns: 8, threads: [4, 1] },
];

/** @param precision in which four products at a time are computed and added */
export function splitVariants(
  matmul: RowMatmul,
  { limits }: DeviceCapabilities,
  precision: Precision = 'f32',
): readonly ShaderVariant[] {
  const most = limits.maxComputeWorkgroupsPerDimension;
  const { m, n, k, bits } = matmul;
  return splits
    .map((each) => {
      const rows = Math.min(m, each.mostRows);
      return { ...each, rows, grid: [Math.ceil(n / each.columns), Math.ceil(m / rows)] as const };
    })
    .filter(({ grid }) => grid.every((count) => count <= most))
    .map(({ name: tile, rows, columns, lanes, grid }) => ({
      name: `${tile}${suffixes[precision]}`,
      rows,
      columns,
      lanes,
      grid,
    }))
    .map(({ name, rows, columns, lanes, grid }) => ({
      name,
      build: () => {
        const { constants, conditions } = partsOf(bits);
        const sizes = { M: m, N: n, K: k, ROWS: rows, COLUMNS: columns, LANES: lanes };
        const body = withPrelude(split, {
          ...vectorOf(precision),
          constants: { ...sizes, ...constants },
          conditions,
        });
        return programOf(name, body, matmul, grid);
      },
    }));
}

/** Each thread loads what it needs. */
export function registerVariants(
  matmul: RowMatmul,
  device: DeviceCapabilities,
  precision: Precision = 'f32',
): readonly ShaderVariant[] {
  const prelude = {
    ...vectorOf(precision),
    constants: { STEP: 1 },
    conditions: { BY_LANE: false, QUADS: false, OCTETS: false, PAIRED: false },
  };
  const name = (tile: string): string => `registers${tile}${suffixes[precision]}`;
  return tiledVariants(matmul, device, registerTiles, name, prelude);
}

/** Variants of `registers.wgsl`, with what its conditions ask for in `prelude`; none where a row does not fall into whole words. */
export function tiledVariants(
  matmul: RowMatmul,
  { limits }: DeviceCapabilities,
  tiles: readonly RegisterTile[],
  nameOf: (tile: string) => string,
  { constants, conditions, ...prelude }: Prelude,
): readonly ShaderVariant[] {
  const most = limits.maxComputeWorkgroupsPerDimension;
  const { m, n, k, bits, mostLoads } = matmul;
  if (k % (32 / bits) !== 0) return [];
  const parts = 8 / bits;
  return tiles
    .filter(({ rows }) => (rows === 1 ? m <= 8 : rows <= Math.max(4, m)))
    .filter(({ rows, columns }) => rows * parts <= mostLoads && rows * columns * parts <= 256)
    .map(({ rows, columns, threads: [x, y] }) => {
      const grid = [Math.ceil(n / columns / x), Math.ceil(m / rows / y)] as const;
      return { name: nameOf(`${rows}x${columns}`), rows, columns, x, y, grid };
    })
    .filter(({ grid }) => grid.every((count) => count <= most))
    .map(({ name, rows, columns, x, y, grid }) => ({
      name,
      build: () => {
        const unpacking = partsOf(bits);
        const sizes = { M: m, N: n, K: k, ROWS: rows, COLUMNS: columns, THREADS_X: x, THREADS_Y: y };
        const body = withPrelude(registers, {
          ...prelude,
          constants: { ...sizes, ...unpacking.constants, ...constants },
          conditions: { ...unpacking.conditions, ...conditions },
        });
        return programOf(name, body, matmul, grid);
      },
    }));
}

const suffixes = { f32: '', f16: '-f16' } as const;

/** `Vector`, in which four products at a time are computed. */
export function vectorOf(precision: Precision): Pick<Prelude, 'enable' | 'aliases'> {
  return precision === 'f16'
    ? { enable: ['f16'], aliases: { Vector: 'vec4h' } }
    : { aliases: { Vector: 'vec4f' } };
}

export function programOf(
  name: string,
  body: string,
  { label, rows, buffers: { code, bindings } }: RowMatmul,
  grid: readonly [number, number],
): ShaderProgram {
  return {
    passes: [
      {
        label: `${label}-${name}`,
        code: `${body}\n${code}\n${rows}\n`,
        bindings,
        workgroups: [...grid, 1],
      },
    ],
  };
}
