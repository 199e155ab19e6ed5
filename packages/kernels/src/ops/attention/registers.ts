import type { WebgpuContext } from '../../kernel/kernel.js';
import type { ShaderVariant } from '../../webgpu/shader.js';
import { f32Literal, grid1d, read, withPrelude, write } from '../../webgpu/shader.js';
import type { AttentionAttributes, AttentionShape } from './attention.js';
import merge from './merge.wgsl';
import type { Binding } from './pass.js';
import { attentionPass } from './pass.js';
import body from './registers.wgsl';

const workgroupSize = 64;
/** Queries that a thread holds, keys a step, and parts that all keys are split into. */
interface Held {
  readonly queries: number;
  readonly keys: number;
  readonly splits: number;
}

const choices: readonly Held[] = [
  { queries: 8, keys: 8, splits: 1 },
  { queries: 4, keys: 8, splits: 1 },
  { queries: 1, keys: 16, splits: 1 },
  { queries: 8, keys: 8, splits: 8 },
  { queries: 1, keys: 16, splits: 8 },
  { queries: 1, keys: 16, splits: 32 },
];

/** Blocks of keys, of which operands 3 and 4 list those that a block of queries sees; no operand is a bias then. */
interface ListedBlocks {
  readonly queryBlock: number;
  readonly keyBlock: number;
  readonly mostBlocks: number;
}

const keysAndValues: readonly Binding[] = [
  { name: 'k', reference: read('input', 1), element: 'vec4f' },
  { name: 'v', reference: read('input', 2), element: 'vec4f' },
];
const lists: readonly Binding[] = [
  { name: 'indptr', reference: read('input', 3), element: 'i32' },
  { name: 'indices', reference: read('input', 4), element: 'i32' },
];

/** Keys that a part has at least; less is not worth the second pass. */
const leastKeysOfPart = 32;

/** Most vec4s of results that a thread may hold. */
const mostVectorsHeld = 8 * 16;

/** Variants without workgroup memory; `split` ones make more threads of few queries and long histories. */
export function registerVariants(
  context: WebgpuContext<AttentionAttributes>,
  shape: AttentionShape,
  sparse?: ListedBlocks,
): readonly ShaderVariant[] {
  if (shape.head % 4 !== 0) return [];
  const keys = sparse ? sparse.mostBlocks * sparse.keyBlock : shape.keys;
  const most = context.device.limits.maxComputeWorkgroupsPerDimension;
  return choices
    .filter(({ queries, splits }) => {
      const held = (queries * shape.head) / 4;
      return (
        held <= mostVectorsHeld &&
        queries <= shape.queries &&
        (splits === 1 || keys >= splits * leastKeysOfPart) &&
        (!sparse || sparse.queryBlock % queries === 0) &&
        shape.batch * shape.queries * shape.heads <= most * workgroupSize
      );
    })
    .map((held) => ({
      name: held.splits === 1 ? `registers${held.queries}` : `split${held.splits}x${held.queries}`,
      build: () => program(context, shape, held, sparse),
    }));
}

function program(
  context: WebgpuContext<AttentionAttributes>,
  shape: AttentionShape,
  { queries, keys: mostKeysHeld, splits }: Held,
  sparse: ListedBlocks | undefined,
) {
  const { attributes, device } = context;
  const { batch, heads, head, keys } = shape;
  const most = device.limits.maxComputeWorkgroupsPerDimension;
  const count = batch * heads * Math.ceil(shape.queries / queries);
  // Small workgroups keep all of the CPU's cores, or of a GPU's, busy when there are few queries.
  const threads = Math.min(workgroupSize, Math.max(4, 2 ** Math.floor(Math.log2(count / 8))));
  const [x, y] = grid1d(count, threads, most);
  const isSplit = splits > 1;
  // Steps that go beyond a block would compute keys for nothing.
  const keysHeld = sparse ? Math.min(mostKeysHeld, sparse.keyBlock) : mostKeysHeld;
  const ragged = (sparse?.keyBlock ?? keys) % keysHeld !== 0;
  const rows = batch * shape.queries * heads;
  const vectors = head / 4;
  const pass = attentionPass(context, shape, sparse ? undefined : 3, {
    label: `${sparse ? 'sparseAttention' : 'attention'}-registers${queries}`,
    body,
    constants: {
      QUERIES_HELD: queries,
      KEYS_HELD: keysHeld,
      VECTORS: vectors,
      SPLITS: splits,
      THREADS: threads,
      ...(sparse && {
        QUERY_BLOCK: sparse.queryBlock,
        KEY_BLOCK: sparse.keyBlock,
        STEPS_OF_BLOCK: Math.ceil(sparse.keyBlock / keysHeld),
      }),
    },
    conditions: {
      SPLIT: isSplit,
      SPARSE: sparse !== undefined,
      MASKED: ragged || attributes.causal || attributes.window !== undefined,
    },
    declared: [read('input', 0)],
    generated: [
      ...keysAndValues,
      ...(sparse ? lists : []),
      ...(isSplit
        ? [
            { name: 'statistics', reference: write('scratch', 0), element: 'vec2f' },
            { name: 'parts', reference: write('scratch', 1), element: 'vec4f' },
          ]
        : [{ name: 'result', reference: write('output', 0), element: 'vec4f' }]),
    ],
    workgroups: [x, y, splits],
  });
  if (!isSplit) return { passes: [pass] };
  const merging = {
    label: 'attention-merge',
    code:
      withPrelude(merge, {
        constants: {
          ROWS: rows,
          VECTORS: vectors,
          SPLITS: splits,
          WORKGROUP_SIZE: workgroupSize,
          LOWEST: f32Literal(-Infinity),
        },
      }) +
      '\n@group(0) @binding(0) var<storage, read> statistics: array<vec2f>;\n' +
      '@group(0) @binding(1) var<storage, read> parts: array<vec4f>;\n' +
      '@group(0) @binding(2) var<storage, read_write> result: array<vec4f>;\n',
    bindings: [read('scratch', 0), read('scratch', 1), write('output', 0)],
    workgroups: grid1d(rows * vectors, workgroupSize, most),
  };
  return {
    scratch: [
      { shape: [splits, rows, 2], dtype: 'f32' as const },
      { shape: [splits, rows, head], dtype: 'f32' as const },
    ],
    passes: [pass, merging],
  };
}
