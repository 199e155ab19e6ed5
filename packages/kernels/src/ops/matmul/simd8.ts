import type { DeviceCapabilities } from '../../webgpu/capabilities.js';
import type { ShaderPass, ShaderVariant } from '../../webgpu/shader.js';
import { withPrelude } from '../../webgpu/shader.js';
import { subgroupDirectives, vectorLanes } from '../../webgpu/subgroups.js';
import type { MatmulShape } from './matmul.js';
import body from './simd8.wgsl';

/** Threads of a subgroup, the numbers of a CPU's vector. */
const lanes = 8;
/** Rows, and vectors of columns, that a subgroup holds. */
const tiles = [
  { rows: 1, vectors: 4 },
  { rows: 4, vectors: 4 },
  { rows: 8, vectors: 2 },
  { rows: 8, vectors: 4 },
  { rows: 16, vectors: 2 },
] as const;

/** Variants for drivers that compute on the CPU by vectors of eight numbers. */
export function simd8Variants(
  { m, n, k, batch, shared }: MatmulShape,
  { generated, bindings }: { readonly generated: string; readonly bindings: ShaderPass['bindings'] },
  device: DeviceCapabilities,
): readonly ShaderVariant[] {
  if (vectorLanes(device) !== lanes) return [];
  const most = device.limits.maxComputeWorkgroupsPerDimension;
  return tiles
    .filter(({ rows }) => (rows === 1 ? m <= 8 : rows <= Math.max(4, m)))
    .map((tile) => ({
      ...tile,
      workgroups: [Math.ceil(n / lanes / tile.vectors), Math.ceil(m / tile.rows), batch] as const,
    }))
    .filter(({ workgroups }) => workgroups.every((count) => count <= most))
    .map(({ rows, vectors, workgroups }) => {
      const name = `simd8-${rows}x${vectors}`;
      const build = () => {
        const code = withPrelude(body, {
          enable: subgroupDirectives,
          constants: { M: m, N: n, K: k, B_STRIDE: shared ? 0 : k * n, ROWS: rows, VECTORS: vectors },
          conditions: { TAIL: k % lanes !== 0 },
        });
        return {
          passes: [{ label: `matmul-${name}`, code: `${code}\n${generated}\n`, bindings, workgroups }],
        };
      };
      return { name, build };
    });
}
