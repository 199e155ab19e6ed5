import type { DeviceCapabilities } from '../../../webgpu/capabilities.js';
import type { ShaderVariant } from '../../../webgpu/shader.js';
import { withPrelude } from '../../../webgpu/shader.js';
import { hasSubgroups, subgroupDirectives } from '../../../webgpu/subgroups.js';
import { partsOf } from './buffers.js';
import body from './subgroups.wgsl';
import type { RowMatmul } from './row_matmul.js';
import { programOf } from './row_matmul.js';

/** Rows of a workgroup at most, columns, and the threads that share their depth. */
const tiles = [
  { mostRows: 1, columns: 4, threads: 64 },
  { mostRows: 1, columns: 2, threads: 32 },
  { mostRows: 4, columns: 4, threads: 64 },
] as const;
/** More rows make threads enough by themselves. */
const mostRows = 16;

/** Variants that share the depth of a matmul among a workgroup, and add its sums by subgroups. */
export function subgroupVariants(matmul: RowMatmul, device: DeviceCapabilities): readonly ShaderVariant[] {
  const { m, n, k, bits } = matmul;
  if (!hasSubgroups(device) || m > mostRows) return [];
  const most = device.limits.maxComputeWorkgroupsPerDimension;
  return tiles
    .map(({ mostRows: rows, ...tile }) => ({
      ...tile,
      rows,
      grid: [Math.ceil(n / tile.columns), Math.ceil(m / rows)] as const,
    }))
    .filter(({ rows, threads, grid }) => {
      return rows <= m && (k * bits) / 32 >= threads / 2 && grid.every((count) => count <= most);
    })
    .map(({ rows, columns, threads, grid }) => {
      const name = `subgroup${rows}x${columns}`;
      const build = () => {
        const { constants, conditions } = partsOf(bits);
        const sizes = { M: m, N: n, K: k, ROWS: rows, COLUMNS: columns, THREADS: threads };
        const prelude = { enable: subgroupDirectives, constants: { ...sizes, ...constants }, conditions };
        return programOf(name, withPrelude(body, prelude), matmul, grid);
      };
      return { name, build };
    });
}
