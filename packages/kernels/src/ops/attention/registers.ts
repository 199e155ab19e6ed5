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

/** Where keys and values come from. */
export interface KeySource {
  /** Buffers of keys and values. */
  readonly bindings: readonly Binding[];
  /** The functions `load_k` and `load_v`, which give a vec4 of each. */
  readonly code: string;
  /** Which operand is the bias, if there are so many. */
  readonly biasInput: number;
  /** Present where blocks of keys are listed. */
  readonly sparse?: {
    readonly queryBlock: number;
    readonly keyBlock: number;
    readonly mostBlocks: number;
  };
}

/** Keys and values as they are, operands 1 and 2. */
export const plainKeys: KeySource = {
  bindings: [
    { name: 'k', reference: read('input', 1), element: 'vec4f' },
    { name: 'v', reference: read('input', 2), element: 'vec4f' },
  ],
  code: 'fn load_k(i: u32) -> vec4f { return k[i]; }\nfn load_v(i: u32) -> vec4f { return v[i]; }\n',
  biasInput: 3,
};

/** Keys that a part has at least; less is not worth the second pass. */
const leastKeysOfPart = 32;

/** Most vec4s of results that a thread may hold. */
const mostVectorsHeld = 8 * 16;

/** Variants without workgroup memory; `split` ones make more threads of few queries and long histories. */
export function registerVariants(
  context: WebgpuContext<AttentionAttributes>,
  shape: AttentionShape,
  source: KeySource = plainKeys,
): readonly ShaderVariant[] {
  const { sparse } = source;
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
      build: () => program(context, shape, held, source),
    }));
}

function program(
  context: WebgpuContext<AttentionAttributes>,
  shape: AttentionShape,
  { queries, keys: mostKeysHeld, splits }: Held,
  { bindings, code, biasInput, sparse }: KeySource,
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
  const pass = attentionPass(context, shape, biasInput, {
    label: `${sparse ? 'sparseAttention' : 'attention'}-registers${queries}`,
    functions: code,
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
      ...bindings,
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
