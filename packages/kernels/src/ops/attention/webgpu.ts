import type { WebgpuContext } from '../../kernel/kernel.js';
import type { DeviceCapabilities } from '../../webgpu/capabilities.js';
import { inPreferredOrder } from '../../webgpu/policy/policy.js';
import type { ShaderVariant } from '../../webgpu/shader.js';
import { grid1d, read, write } from '../../webgpu/shader.js';
import { hasSubgroups, reductions, subgroupDirectives } from '../../webgpu/subgroups.js';
import type { AttentionAttributes, AttentionShape } from './attention.js';
import { attentionShape } from './attention.js';
import gradientKeys from './gradient_keys.wgsl';
import gradientQueries from './gradient_queries.wgsl';
import { attentionPass, queriesKeysValues } from './pass.js';
import { registerVariants } from './registers.js';
import rows from './rows.wgsl';
import tiled from './tiled.wgsl';
import { simd8Variants } from './simd8.js';

const workgroupSize = 64;
/** Keys a step of the tiled kernel: their scores stay in registers. */
const tileKeys = 16;
/** Widest head whose query and result the tiled kernel keeps in a thread's registers. */
const widestTiledHead = 64;

/** Constants and grid of a kernel that gives each of `count` positions of a head a workgroup. */
function rowsOf(shape: AttentionShape, length: number, device: DeviceCapabilities) {
  const count = shape.batch * length * shape.heads;
  return {
    constants: {
      ROWS: count,
      WORKGROUP_SIZE: workgroupSize,
      COLUMNS: Math.ceil(shape.head / workgroupSize),
    },
    workgroups: grid1d(count, 1, device.limits.maxComputeWorkgroupsPerDimension),
  };
}

/**
 * `tiled` shares keys among the queries of a workgroup and comes first where there are enough of them; `rows` gives each
 * query a workgroup, which suits the single query of decoding and heads of any width; `registers` and `split` use no
 * workgroup memory.
 */
export function attentionWebgpu(context: WebgpuContext<AttentionAttributes>): readonly ShaderVariant[] {
  const shape = attentionShape(context.inputs, context.attributes);
  const rowVariant = (name: string, functions: string, enable: readonly string[] = []): ShaderVariant => ({
    name,
    build: () => ({
      passes: [
        attentionPass(context, shape, 3, {
          label: `attention-${name}`,
          body: rows,
          functions,
          enable,
          declared: queriesKeysValues,
          generated: [{ name: 'result', reference: write('output', 0) }],
          ...rowsOf(shape, shape.queries, context.device),
        }),
      ],
    }),
  });
  const perRow = [
    rowVariant('rows', reductions.byWorkgroup),
    ...(hasSubgroups(context.device)
      ? [rowVariant('rows-subgroup', reductions.bySubgroups, subgroupDirectives)]
      : []),
  ];
  const most = context.device.limits.maxComputeWorkgroupsPerDimension;
  const canTile =
    shape.head % 4 === 0 && shape.head <= widestTiledHead && shape.batch <= most && shape.heads <= most;
  const largest = Math.min(64, Math.max(8, 2 ** Math.ceil(Math.log2(shape.queries))));
  // The smaller tile makes more workgroups, which one short sequence needs to fill a GPU.
  const tiles = canTile ? [largest, ...(largest > 16 ? [16] : [])] : [];
  const inTiles = tiles.map((tile): ShaderVariant => ({
    name: `tiled${tile}`,
    build: () => ({
      passes: [
        attentionPass(context, shape, 3, {
          label: 'attention-tiled',
          body: tiled,
          constants: { TILE: tile, TILE_KEYS: tileKeys, VECTORS: shape.head / 4 },
          declared: queriesKeysValues,
          generated: [{ name: 'result', reference: write('output', 0), element: 'vec4f' }],
          workgroups: [Math.ceil(shape.queries / tile), shape.heads, shape.batch],
        }),
      ],
    }),
  }));
  const inRegisters = [...registerVariants(context, shape), ...simd8Variants(context, shape)];
  return inPreferredOrder('attention', shape, [...inTiles, ...perRow, ...inRegisters], context.device);
}

/** Two passes: dq and the softmax statistics of each query, then dk and dv, which read those. */
export function attentionGradientWebgpu(
  context: WebgpuContext<AttentionAttributes>,
): readonly ShaderVariant[] {
  const shape = attentionShape(context.inputs, context.attributes);
  return [
    {
      name: 'rows',
      build: () => ({
        scratch: [{ shape: [shape.batch, shape.queries, shape.heads, 2], dtype: 'f32' }],
        passes: [
          attentionPass(context, shape, 5, {
            label: 'attentionGradient-queries',
            body: gradientQueries,
            declared: [...queriesKeysValues, read('input', 3), read('input', 4)],
            generated: [
              { name: 'statistics', reference: write('scratch', 0), element: 'vec2f' },
              { name: 'dq', reference: write('output', 0) },
            ],
            ...rowsOf(shape, shape.queries, context.device),
          }),
          attentionPass(context, shape, 5, {
            label: 'attentionGradient-keys',
            body: gradientKeys,
            declared: [...queriesKeysValues, read('input', 4), read('scratch', 0)],
            generated: [
              { name: 'dk', reference: write('output', 1) },
              { name: 'dv', reference: write('output', 2) },
            ],
            ...rowsOf(shape, shape.keys, context.device),
          }),
        ],
      }),
    },
  ];
}
