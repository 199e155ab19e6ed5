import { registerVariants } from '../attention/registers.js';
import type { WebgpuContext } from '../../kernel/kernel.js';
import { inPreferredOrder } from '../../webgpu/policy/policy.js';
import type { ShaderVariant } from '../../webgpu/shader.js';
import { f32Literal, grid1d, read, withPrelude, write } from '../../webgpu/shader.js';
import gate from './gate.wgsl';
import listedKeys from './listed_keys.wgsl';
import packRows from './pack_rows.wgsl';
import rows from './rows.wgsl';
import type { SelectBlocksAttributes } from './select_blocks.js';
import { never, selectBlocksShape } from './select_blocks.js';
import type { SparseAttentionAttributes } from './sparse_attention.js';
import { sparseAttentionShape } from './sparse_attention.js';
import top from './top.wgsl';

const workgroupSize = 64;

/** `registers` and `split` are those of dense attention over the listed blocks; `rows` serves heads of any width. */
export function sparseAttentionWebgpu(
  context: WebgpuContext<SparseAttentionAttributes>,
): readonly ShaderVariant[] {
  const { inputs, attributes, device } = context;
  const shape = sparseAttentionShape(inputs, attributes);
  const { queryBlock, keyBlock, mostBlocks } = attributes;
  const inRegisters = registerVariants(context, shape, { queryBlock, keyBlock, mostBlocks });
  const count = shape.batch * shape.queries * shape.heads;
  const perRow: ShaderVariant = {
    name: 'rows',
    build: () => ({
      passes: [
        {
          label: 'sparseAttention-rows',
          code: withPrelude(rows, {
            parts: { listed_keys: listedKeys },
            constants: {
              ...{ QUERIES: shape.queries, KEYS: shape.keys, WIDTH: shape.width, HEADS: shape.heads },
              ...{
                HEAD: shape.head,
                SCALE: f32Literal(1 / Math.sqrt(shape.head)),
                LOWEST: f32Literal(-Infinity),
              },
              ...{
                QUERY_BLOCK: queryBlock,
                KEY_BLOCK: keyBlock,
                COUNT: count,
                WORKGROUP_SIZE: workgroupSize,
              },
            },
          }),
          bindings: [0, 1, 2, 3, 4].map((index) => read('input', index)).concat(write('output', 0)),
          workgroups: grid1d(count, workgroupSize, device.limits.maxComputeWorkgroupsPerDimension),
        },
      ],
    }),
  };
  return inPreferredOrder('sparseAttention', {}, [...inRegisters, perRow], device);
}

export function selectBlocksWebgpu({
  inputs,
  attributes,
  device,
}: WebgpuContext<SelectBlocksAttributes>): readonly ShaderVariant[] {
  const shape = selectBlocksShape(inputs, attributes);
  const { keep, queryBlock } = attributes;
  const { queryBlocks, blocks, width, priorityRows } = shape;
  const most = device.limits.maxComputeWorkgroupsPerDimension;
  const lanes = width % 4 === 0 ? 4 : 1;
  const groupsY = Math.min(most, Math.ceil(blocks / workgroupSize));
  const constants = { ROWS: shape.rows, BLOCKS: blocks, KEEP: keep, WORKGROUP_SIZE: workgroupSize };
  return [
    {
      name: 'digits',
      build: () => ({
        scratch: [
          { shape: [shape.rows, blocks], dtype: 'u32' },
          { shape: [shape.rows, keep], dtype: 'u32' },
          { shape: [shape.rows], dtype: 'u32' },
        ],
        passes: [
          {
            label: 'selectBlocks-gate',
            code: `${withPrelude(gate, {
              aliases: { vector: lanes === 4 ? 'vec4f' : 'f32' },
              constants: {
                ...constants,
                ...{
                  QUERY_BLOCK: queryBlock,
                  QUERY_BLOCKS: queryBlocks,
                  VECTORS: width / lanes,
                  GROUPS_Y: groupsY,
                  NEVER: f32Literal(never),
                },
                ...{ PRIORITY_ROWS: priorityRows, SCALE: f32Literal(1 / Math.sqrt(width) / queryBlock) },
              },
            })}\n${sumOf(lanes)}`,
            bindings: [read('input', 0), read('input', 1), read('input', 2), write('scratch', 0)],
            workgroups: [shape.rows, groupsY, 1],
          },
          {
            label: 'selectBlocks-top',
            code: withPrelude(top, { constants }),
            bindings: [read('scratch', 0), write('scratch', 1), write('scratch', 2)],
            workgroups: [shape.rows, 1, 1],
          },
          {
            label: 'selectBlocks-pack',
            code: withPrelude(packRows, { constants }),
            bindings: [read('scratch', 1), read('scratch', 2), write('output', 0), write('output', 1)],
            workgroups: grid1d(shape.rows * keep, workgroupSize, most),
          },
        ],
      }),
    },
  ];
}

/** The sum of a vector's lanes. */
function sumOf(lanes: number): string {
  const sum = lanes === 4 ? 'dot(x, vec4f(1.0))' : 'x';
  return `fn sum_of(x: vector) -> f32 { return ${sum}; }\n`;
}
