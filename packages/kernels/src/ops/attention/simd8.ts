import type { WebgpuContext } from '../../kernel/kernel.js';
import type { ShaderVariant } from '../../webgpu/shader.js';
import { read, write } from '../../webgpu/shader.js';
import { subgroupDirectives, vectorLanes } from '../../webgpu/subgroups.js';
import type { AttentionAttributes, AttentionShape } from './attention.js';
import { attentionPass } from './pass.js';
import body from './simd8.wgsl';

/** Threads of a subgroup. With four, `registers` are faster. */
const lanes = 8;
/** Queries that a thread holds: a load serves all of them. Four are a tenth faster than two and compile three times as long. */
const choices = [1, 2] as const;
/** Keys that are looked at before sums are rescaled. */
const keysHeld = 2;
/** Widest head: all of its numbers are names of their own. */
const widestHead = 64;

/** Variants for drivers that compute on the CPU by vectors of eight numbers. */
export function simd8Variants(
  context: WebgpuContext<AttentionAttributes>,
  shape: AttentionShape,
): readonly ShaderVariant[] {
  const { attributes, device } = context;
  const { head, heads, batch, queries, keys } = shape;
  if (vectorLanes(device) !== lanes || head % lanes !== 0 || head > widestHead) return [];
  const most = device.limits.maxComputeWorkgroupsPerDimension;
  return choices
    .map((held) => ({ held, grid: [Math.ceil(queries / lanes / held), heads, batch] as const }))
    .filter(({ held, grid }) => queries > (held / 2) * lanes && grid.every((count) => count <= most))
    .map(({ held, grid }) => ({
      name: `simd8-${held}`,
      build: () => ({
        passes: [
          attentionPass(context, shape, 3, {
            label: 'attention-simd8',
            body,
            enable: subgroupDirectives,
            constants: { QUERIES_HELD: held, KEYS_HELD: keysHeld, LANES: lanes, GROUPS: head / lanes },
            conditions: {
              MASKED: keys % keysHeld !== 0 || attributes.causal || attributes.window !== undefined,
            },
            declared: [read('input', 0)],
            generated: [
              { name: 'k', reference: read('input', 1) },
              { name: 'v', reference: read('input', 2) },
              { name: 'result', reference: write('output', 0) },
            ],
            workgroups: grid,
          }),
        ],
      }),
    }));
}
