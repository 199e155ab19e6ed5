import type { DeviceCapabilities } from '../../../webgpu/capabilities.js';
import type { ShaderPass, ShaderProgram, ShaderVariant } from '../../../webgpu/shader.js';
import { f32Literal, grid1d, read, withPrelude, write } from '../../../webgpu/shader.js';
import { subgroupDirectives, vectorLanes } from '../../../webgpu/subgroups.js';
import { leastLargest } from '../../../numerics/rounding.js';
import body from './integer.wgsl';
import type { MatmulQuantizedAttributes, MatmulQuantizedShape } from '../matmul_quantized.js';
import { middle } from '../matmul_quantized.js';
import quantizeRows from './quantize_rows.wgsl';
import type { QuantizedBuffers } from './buffers.js';

/** Threads that look for the largest number of a row. A subgroup finds it without barriers, which are dear on drivers that compute on the CPU. */
function threadsOfRow(device: DeviceCapabilities) {
  const lanes = vectorLanes(device);
  const areSubgroup = lanes >= 4;
  return {
    enable: areSubgroup ? subgroupDirectives : [],
    size: areSubgroup ? lanes : 64,
    conditions: { SUBGROUP: areSubgroup },
  };
}

/** Rows and columns that a thread holds; threads of a workgroup along columns and rows. */
const tiles = [
  { rows: 1, columns: 4, threads: [32, 1] },
  { rows: 1, columns: 1, threads: [64, 1] },
  { rows: 4, columns: 4, threads: [8, 4] },
  { rows: 8, columns: 4, threads: [8, 2] },
  { rows: 8, columns: 8, threads: [4, 2] },
] as const;

type Tile = (typeof tiles)[number];

/** Variants for activations of eight bits: rows are quantized on the device, then multiplied by `dot4I8Packed`. */
export function integerVariants(
  shape: MatmulQuantizedShape,
  attributes: MatmulQuantizedAttributes,
  buffers: QuantizedBuffers,
  device: DeviceCapabilities,
): readonly ShaderVariant[] {
  const { m, n } = shape;
  const most = device.limits.maxComputeWorkgroupsPerDimension;
  return tiles
    .filter(({ rows }) => (rows === 1 ? m <= 8 : rows <= Math.max(4, m)))
    .map((tile) => ({ tile, grid: gridOf(tile, m, n) }))
    .filter(({ grid }) => grid.every((count) => count <= most))
    .map(({ tile, grid }) => ({
      name: `integer${tile.rows}x${tile.columns}`,
      build: () => program(tile, grid, shape, attributes, buffers, device),
    }));
}

/** A variant for full-precision activations, with rows rounded beforehand. */
export function roundedVariant(
  { name, build }: ShaderVariant,
  { m, k }: MatmulQuantizedShape,
  device: DeviceCapabilities,
): ShaderVariant {
  const { enable, size, conditions } = threadsOfRow(device);
  return {
    name: `rounded-${name}`,
    build: () => {
      const { passes } = build();
      const [x, y] = grid1d(m, 1, device.limits.maxComputeWorkgroupsPerDimension);
      const round: ShaderPass = {
        label: 'matmul-quantized-rounding',
        code: withPrelude(quantizeRows, {
          enable,
          constants: { M: m, K: k, GRID_X: x, WORKGROUP_SIZE: size, LEAST_LARGEST: f32Literal(leastLargest) },
          conditions: { ...conditions, FLOATS: true },
        }),
        bindings: [read('input', 0), write('scratch', 0)],
        workgroups: [x, y, 1],
      };
      const fromScratch = passes.map((pass) => ({
        ...pass,
        bindings: [read('scratch', 0), ...pass.bindings.slice(1)],
      }));
      return { scratch: [{ shape: [m, k], dtype: 'f32' }], passes: [round, ...fromScratch] };
    },
  };
}

function gridOf({ rows, columns, threads: [x, y] }: Tile, m: number, n: number) {
  return [Math.ceil(n / columns / x), Math.ceil(m / rows / y), 1] as const;
}

function program(
  { rows, columns, threads }: Tile,
  grid: readonly [number, number, number],
  { m, n, k, words }: MatmulQuantizedShape,
  { bits, hasZeroPoints }: MatmulQuantizedAttributes,
  { code, bindings }: QuantizedBuffers,
  device: DeviceCapabilities,
): ShaderProgram {
  const row = threadsOfRow(device);
  const parts = 8 / bits;
  const rowWords = words * parts;
  const conditions = { FLOATS: false, SHIFTED: hasZeroPoints || bits !== 8 };
  const [x, y] = grid1d(m, 1, device.limits.maxComputeWorkgroupsPerDimension);
  // Bytes of weights are shifted to signed ones, and their zero points with them.
  const [sign, signs] = bits === 8 ? [`${middle(8)}.0`, '0x80808080u'] : ['0.0', '0u'];
  const multiply = withPrelude(body, {
    constants: {
      ...{ M: m, N: n, ROWS: rows, COLUMNS: columns, ROW_WORDS: rowWords, PARTS: parts },
      ...{ SIGN: sign, SIGNS: signs },
      ...{ THREADS_X: threads[0], THREADS_Y: threads[1] },
    },
    conditions,
  });
  return {
    scratch: [
      { shape: [m, rowWords], dtype: 'u32' },
      { shape: [m], dtype: 'f32' },
    ],
    passes: [
      {
        label: 'matmul-quantized-rows',
        code: withPrelude(quantizeRows, {
          enable: row.enable,
          constants: {
            ...{ M: m, K: k, ROW_WORDS: rowWords, PARTS: parts },
            ...{ GRID_X: x, WORKGROUP_SIZE: row.size, LEAST_LARGEST: f32Literal(leastLargest) },
          },
          conditions: { ...conditions, ...row.conditions },
        }),
        bindings: [read('input', 0), write('scratch', 0), write('scratch', 1)],
        workgroups: [x, y, 1],
      },
      {
        label: `matmul-quantized-integer${rows}x${columns}`,
        code: `${multiply}\n${code}\n@group(0) @binding(${bindings.length}) var<storage, read> row_scales: array<f32>;\n`,
        // The quantized rows stand where the activations would.
        bindings: [read('scratch', 0), ...bindings.slice(1), read('scratch', 1)],
        workgroups: grid,
      },
    ],
  };
}
