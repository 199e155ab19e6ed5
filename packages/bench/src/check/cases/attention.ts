import type { AttentionOptions, BlockRows } from '@snowglobe/kernels';
import {
  attention,
  dequantizeHeads,
  quantizeHeads,
  reshape,
  ringMask,
  ringPriority,
  rotary,
  rmsNorm,
  selectBlocks,
  slice,
  sparseAttention,
} from '@snowglobe/kernels';
import type { CheckCase, Operands } from './case.js';

interface Sizes {
  readonly batch: number;
  readonly queries: number;
  readonly keys: number;
  readonly width: number;
  readonly options: AttentionOptions;
}

const dense: readonly Sizes[] = [
  { batch: 2, queries: 19, keys: 37, width: 48, options: { heads: 2 } },
  { batch: 1, queries: 70, keys: 131, width: 24, options: { heads: 3, causal: true, window: 20 } },
  { batch: 1, queries: 64, keys: 64, width: 64, options: { heads: 1 } },
  { batch: 1, queries: 6, keys: 1030, width: 16, options: { heads: 2, causal: true, window: 500 } },
  { batch: 3, queries: 1, keys: 300, width: 32, options: { heads: 4 } },
];

const nameOf = ({ batch, queries, keys, width, options: { heads, causal, window } }: Sizes): string =>
  `${batch}x${queries}x${keys}, ${heads} heads of ${width / heads}${causal ? ', causal' : ''}${window ? `, window of ${window}` : ''}`;

function denseCases(): readonly CheckCase[] {
  return dense.flatMap((sizes): readonly CheckCase[] => {
    const { batch, queries, keys, width, options } = sizes;
    const [q, kv] = [
      [batch, queries, width],
      [batch, keys, width],
    ];
    const shape = nameOf(sizes);
    return [
      {
        ops: ['attention'],
        shape: `${shape}, bias`,
        build: (x) => attention(x.f32(q), x.f32(kv), x.f32(kv), { ...options, bias: x.f32([keys]) }),
      },
      {
        ops: ['attentionGradient'],
        shape,
        gradients: true,
        build: (x) => attention(x.f32(q), x.f32(kv), x.f32(kv), options),
      },
      {
        ops: ['quantizeHeads', 'dequantizeHeads'],
        shape,
        roundsToBytes: true,
        build: (x) => dequantizeHeads(quantizeHeads(x.f32(kv), options.heads)),
      },
    ];
  });
}

/** Rows of all lengths from none to `keep`, of blocks in any order. */
function rowsOf(x: Operands, rows: number, blocks: number, keep: number): BlockRows {
  const lists = Array.from({ length: rows }, (_, row) =>
    Array.from({ length: row % (keep + 1) }, (_, i) => (row * 3 + i * 5) % blocks).filter(
      (block, i, all) => all.indexOf(block) === i,
    ),
  );
  const indptr = [0];
  for (const list of lists) indptr.push(indptr.at(-1)! + list.length);
  const indices = lists.flat();
  while (indices.length < rows * keep) indices.push(0);
  return { indptr: x.i32([rows + 1], indptr), indices: x.i32([rows * keep], indices) };
}

function sparseCases(): readonly CheckCase[] {
  const sizes = [
    { batch: 2, queries: 24, keys: 112, width: 48, heads: 2, queryBlock: 8, keyBlock: 16, keep: 3 },
    { batch: 1, queries: 16, keys: 640, width: 32, heads: 4, queryBlock: 16, keyBlock: 16, keep: 20 },
    { batch: 3, queries: 6, keys: 60, width: 6, heads: 1, queryBlock: 1, keyBlock: 5, keep: 4 },
  ] as const;
  return sizes.flatMap(({ batch, queries, keys, width, keep, ...options }): readonly CheckCase[] => {
    const { queryBlock, keyBlock } = options;
    const [rows, blocks] = [(batch * queries) / queryBlock, keys / keyBlock];
    const shape = `${batch}x${queries}x${keys}, blocks of ${queryBlock} and ${keyBlock}, ${keep} a row`;
    const build = (x: Operands) =>
      sparseAttention(
        x.f32([batch, queries, width]),
        x.f32([batch, keys, width]),
        x.f32([batch, keys, width]),
        {
          ...options,
          ...rowsOf(x, rows, blocks, keep),
        },
      );
    return [
      { ops: ['sparseAttention'], shape, build },
      { ops: ['sparseAttentionGradient'], shape, gradients: true, build },
      {
        ops: ['selectBlocks'],
        shape,
        build: (x) => {
          const q = x.f32([batch, queries, width]);
          const { indptr, indices } = selectBlocks(q, x.f32([batch, blocks, width]), x.f32([blocks]), {
            queryBlock,
            keep: Math.min(keep, blocks),
          });
          return [indptr, indices];
        },
      },
    ];
  });
}

function positionCases(): readonly CheckCase[] {
  const rings = [
    [70, 3],
    [8, 8],
  ] as const;
  return [
    ...rings.flatMap(([size, window]): readonly CheckCase[] => [
      {
        ops: ['ringMask'],
        shape: `ring of ${size}, window of ${window}`,
        build: (x) => ringMask(x.i32([1], [75]), size, window),
      },
      {
        ops: ['ringPriority'],
        shape: `ring of ${size}, ${window} recent`,
        build: (x) => ringPriority(x.i32([1], [75]), size, window - 1),
      },
    ]),
    ...(
      [
        [2, 3, 48],
        [70, 40],
      ] as const
    ).map((shape): CheckCase => ({
      ops: ['rotary'],
      shape: shape.join('x'),
      build: (x) =>
        rotary(x.f32(shape), x.f32([shape.at(-2)!, 4]), x.f32([shape.at(-2)!, 4]), shape.at(-1)! / 8),
    })),
    {
      ops: ['splitHeads'],
      shape: '70x3x96 into queries, keys and values',
      build: (x) => {
        const [rows, frames, width, headWidth] = [70, 3, 32, 8];
        const qkv = x.f32([rows, frames, 3 * width]);
        const [cos, sin] = [x.f32([frames, headWidth / 2]), x.f32([frames, headWidth / 2])];
        const heads = width / headWidth;
        const part = (index: number) => slice(qkv, 2, index * width, (index + 1) * width);
        const turned = (index: number) => {
          const normalised = rmsNorm(reshape(part(index), [rows, frames, heads, headWidth]));
          return rotary(reshape(normalised, [rows, frames, width]), cos, sin, heads);
        };
        return [turned(0), turned(1), part(2)];
      },
    },
  ];
}

export const attentionCases = (): readonly CheckCase[] => [
  ...denseCases(),
  ...sparseCases(),
  ...positionCases(),
];
