import type { DeviceCapabilities } from '../../webgpu/capabilities.js';
import type { ShaderVariant } from '../../webgpu/shader.js';
import { withPrelude } from '../../webgpu/shader.js';
import { hasSubgroups, subgroupDirectives } from '../../webgpu/subgroups.js';
import type { MatmulAttributes, MatmulShape } from './matmul.js';
import { operandCode, readsVectors } from './registers.js';
import body from './subgroups.wgsl';

/** Rows, vectors of four columns, and the threads that share their depth. */
const tiles = [
  { rows: 1, vectors: 2, threads: 64 },
  { rows: 1, vectors: 1, threads: 32 },
  { rows: 2, vectors: 2, threads: 64 },
  { rows: 4, vectors: 2, threads: 64 },
] as const;
/** More rows make threads enough by themselves. */
const mostRows = 16;

/** Variants that share the depth of a matmul among a workgroup, and add its sums by subgroups. */
export function subgroupVariants(
  shape: MatmulShape,
  attributes: MatmulAttributes,
  inputCount: number,
  device: DeviceCapabilities,
): readonly ShaderVariant[] {
  const { m, n, k, batch, shared } = shape;
  if (!hasSubgroups(device) || m > mostRows || !readsVectors(shape, attributes)) return [];
  const most = device.limits.maxComputeWorkgroupsPerDimension;
  return tiles
    .map((tile) => ({
      ...tile,
      workgroups: [Math.ceil(n / 4 / tile.vectors), Math.ceil(m / tile.rows), batch] as const,
    }))
    .filter(({ rows, threads, workgroups }) => {
      return rows <= m && k >= threads && workgroups.every((count) => count <= most);
    })
    .map(({ rows, vectors, threads, workgroups }) => {
      const name = `subgroup${rows}x${vectors * 4}`;
      const build = () => {
        const { code: generated, bindings } = operandCode(shape, attributes, inputCount);
        const code = withPrelude(body, {
          enable: subgroupDirectives,
          constants: {
            M: m,
            N: n,
            K: k,
            B_STRIDE: shared ? 0 : k * n,
            ROWS: rows,
            VECTORS: vectors,
            THREADS: threads,
          },
          conditions: { TRANSPOSE_B: attributes.transposeB },
        });
        const pass = { label: `matmul-${name}`, code: `${code}\n${generated}\n`, bindings, workgroups };
        return { passes: [pass] };
      };
      return { name, build };
    });
}
