import type { DeviceCapabilities, SubgroupMatrixConfig } from '../capabilities.js';
import { allowsHalf } from '../capabilities.js';
import type { ShaderPass, ShaderVariant } from '../shader.js';
import { withPrelude } from '../shader.js';
import { subgroupDirectives } from '../subgroups.js';
import body from './matrices.wgsl';

/** The optional feature of WebGPU; Chromium's, and so far an experiment. */
const feature = 'chromium-experimental-subgroup-matrix';

/** Fewer rows would leave most of a tile empty. */
const fewestRows = 16;

/** Subgroups of a workgroup, along columns and rows; results that each holds. */
const layouts = [
  { subgroups: [2, 2], extent: 32 },
  { subgroups: [1, 2], extent: 16 },
] as const;

/** A matmul whose operands are read by generated code. */
export interface GemmOperands {
  /** Begins labels. */
  readonly label: string;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly batch: number;
  /** Numbers from one item of the batch to the next in the second operand. */
  readonly stride: number;
  /** `a_offset`, `load_b`, `finish`, `residual_at` and the buffers but `a`. */
  readonly generated: string;
  readonly bindings: ShaderPass['bindings'];
}

/**
 * Variants that multiply by subgroup matrices, in the sizes that the adapter names, with sums in f32: f16 operands where half
 * precision was asked for, f32 ones where the adapter has matrices of them. None without the feature.
 */
export function matrixVariants(matmul: GemmOperands, device: DeviceCapabilities): readonly ShaderVariant[] {
  if (!device.features.has(feature) || matmul.m < fewestRows) return [];
  return device.subgroupMatrices
    .filter(({ component, result }) => {
      return result === 'f32' && (component === 'f32' || (component === 'f16' && allowsHalf(device)));
    })
    .flatMap((config) => layouts.flatMap((layout) => variantOf(matmul, config, layout, device) ?? []));
}

function variantOf(
  matmul: GemmOperands,
  { component, m: sizeM, n: sizeN, k: sizeK }: SubgroupMatrixConfig,
  { subgroups: [x, y], extent }: (typeof layouts)[number],
  device: DeviceCapabilities,
): ShaderVariant | undefined {
  const { limits, subgroupMinSize, subgroupMaxSize } = device;
  const { label, m, n, k, batch, stride, generated, bindings } = matmul;
  const [rows, columns] = [Math.ceil(extent / sizeM), Math.ceil(extent / sizeN)];
  const [tileM, tileN] = [y * rows * sizeM, x * columns * sizeN];
  const tileK = Math.max(component === 'f16' ? 32 : 16, sizeK);
  // Pipelines with subgroup matrices want whole subgroups, of the widest kind.
  const threads = x * y * subgroupMaxSize;
  const mostSubgroups = threads / subgroupMinSize;
  const bytes =
    (tileM + tileN) * tileK * (component === 'f16' ? 2 : 4) + mostSubgroups * sizeM * sizeN * 4 + threads * 4;
  const workgroups = [Math.ceil(n / tileN), Math.ceil(m / tileM), batch] as const;
  const fits =
    tileK % sizeK === 0 &&
    threads <= Math.min(limits.maxComputeInvocationsPerWorkgroup, limits.maxComputeWorkgroupSizeX) &&
    bytes <= limits.maxComputeWorkgroupStorageSize &&
    workgroups.every((count) => count <= limits.maxComputeWorkgroupsPerDimension);
  if (!fits) return undefined;
  const name = `matrix${sizeM}x${sizeN}x${sizeK}-${component}-${tileM}x${tileN}`;
  const build = () => {
    const code = withPrelude(body, {
      enable: [
        ...(component === 'f16' ? ['f16'] : []),
        ...subgroupDirectives,
        'chromium_experimental_subgroup_matrix',
      ],
      // A subgroup's number is the same in all of its threads, which it is broadcast to.
      allow: ['chromium.subgroup_matrix_uniformity'],
      aliases: { Component: component },
      constants: {
        M: m,
        N: n,
        K: k,
        B_STRIDE: stride,
        TILE_M: tileM,
        TILE_N: tileN,
        TILE_K: tileK,
        SIZE_M: sizeM,
        SIZE_N: sizeN,
        SIZE_K: sizeK,
        ROWS: rows,
        COLUMNS: columns,
        SUBGROUPS_X: x,
        SUBGROUPS: x * y,
        MOST_SUBGROUPS: mostSubgroups,
        THREADS: threads,
      },
    });
    const pass = { label: `${label}-${name}`, code: `${code}\n${generated}\n`, bindings, workgroups };
    return { passes: [pass] };
  };
  return { name, build };
}
