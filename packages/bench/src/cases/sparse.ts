import { GraphBuilder } from '@snowglobe/graph';
import { attention, ringPriority, selectBlocks, sparseAttention } from '@snowglobe/kernels';
import type { AttentionSize } from './attention.js';
import type { BenchCase } from './case.js';
import { uniform, words } from './random.js';

const keyBlock = 64;

/** Attention that sees `1 - sparsity` of the blocks of keys, each chosen at random, beside the dense kernel. */
export function sparseCase({ queries, keys, width, heads }: AttentionSize, sparsity: number): BenchCase {
  const blocks = keys / keyBlock;
  const kept = Math.max(1, Math.round(blocks * (1 - sparsity)));
  const order = [...words(blocks, 'blocks')]
    .map((key, block) => ({ key, block }))
    .sort((a, b) => a.key - b.key);
  const indices = Int32Array.from(order.slice(0, kept), ({ block }) => block).sort();
  const inputs = {
    q: uniform(queries * width, 'q'),
    k: uniform(keys * width, 'k'),
    v: uniform(keys * width, 'v'),
  };
  const declare = (builder: GraphBuilder) => ({
    q: builder.input('q', [1, queries, width]),
    k: builder.input('k', [1, keys, width]),
    v: builder.input('v', [1, keys, width]),
  });
  const dense = new GraphBuilder();
  const operands = declare(dense);
  dense.output('y', attention(operands.q, operands.k, operands.v, { heads }));
  return {
    family: 'attention-sparse',
    shape: `${queries}x${keys}, ${Math.round(100 * sparsity)} % left out`,
    dtype: 'f32',
    op: 'sparseAttention',
    inputs,
    build: (builder) => {
      const { q, k, v } = declare(builder);
      return sparseAttention(q, k, v, {
        heads,
        queryBlock: queries,
        keyBlock,
        indptr: builder.constant(Int32Array.of(0, kept), [2]),
        indices: builder.constant(indices, [kept]),
      });
    },
    dense: dense.build(),
  };
}

/** Positions of a frame, width and heads of the memory that is timed, and how many frames it looks at. */
const memory = { positions: 16, width: 128, heads: 4, kept: 16, recent: 8 } as const;

/**
 * What one layer's look into the past costs a frame when so many frames are remembered: the 16 of them to look at are
 * chosen on the device, the first and the newest 8 always, and attended to. A frame is a block of keys.
 */
export function historyCase(frames: number): BenchCase {
  const { positions, width, heads, kept, recent } = memory;
  const keys = frames * positions;
  return {
    family: 'history',
    shape: `${frames} frames`,
    dtype: 'f32',
    op: 'sparseAttention',
    inputs: {
      q: uniform(positions * width, 'q'),
      position: Int32Array.of(frames - 1),
    },
    build: (builder) => {
      // The ring and its mean keys stay on the device from frame to frame.
      const ring = (label: string) => builder.constant(uniform(keys * width, label), [1, keys, width]);
      const means = builder.constant(uniform(frames * width, 'means'), [1, frames, width]);
      const q = builder.input('q', [1, positions, width]);
      const priority = ringPriority(
        builder.input('position', [1], 'i32'),
        frames,
        Math.min(recent, frames - 1),
      );
      const rows = selectBlocks(q, means, priority, { queryBlock: positions, keep: kept });
      return sparseAttention(q, ring('k'), ring('v'), {
        ...{ heads, queryBlock: positions, keyBlock: positions },
        ...rows,
      });
    },
  };
}
