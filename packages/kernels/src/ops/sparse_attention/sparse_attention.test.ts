import { GraphBuilder } from '@snowglobe/graph';
import {
  checkGradient,
  checkKernel,
  checkVariants,
  evaluate,
  expectClose,
  f32,
  i32,
  randomData,
} from '@snowglobe/runtime/testing';
import type { KernelCase } from '@snowglobe/runtime/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { attention } from '../attention/attention.js';
import { pinnedSlot, ringPriority } from './ring_priority.js';
import { selectBlocks } from './select_blocks.js';
import { sparseAttention } from './sparse_attention.js';

interface Sizes {
  readonly batch: number;
  readonly queries: number;
  readonly keys: number;
  readonly width: number;
  readonly heads: number;
  readonly queryBlock: number;
  readonly keyBlock: number;
  readonly mostBlocks: number;
}

/** Random rows of blocks, of any length up to the most, and the empty one among them. */
function randomRows({ batch, queries, keys, queryBlock, keyBlock, mostBlocks }: Sizes, seed: number) {
  const rows = (batch * queries) / queryBlock;
  const blocks = keys / keyBlock;
  const random = randomData(f32(rows * (blocks + 1)), seed);
  const indptr = [0];
  const lists: number[][] = [];
  for (let row = 0; row < rows; row++) {
    const own = [...random.slice(row * (blocks + 1), (row + 1) * (blocks + 1))];
    const length = row === 1 ? 0 : Math.ceil(((own[blocks]! + 1) / 2) * mostBlocks);
    const order = [...Array(blocks).keys()].sort((a, b) => own[a]! - own[b]!);
    lists.push(order.slice(0, length));
    indptr.push(indptr.at(-1)! + length);
  }
  const indices = lists.flat();
  while (indices.length < rows * mostBlocks) indices.push(0);
  return { indptr, indices, lists, rows };
}

function caseOf(sizes: Sizes, seed = 1): KernelCase {
  const { batch, queries, keys, width, heads, queryBlock, keyBlock } = sizes;
  const { indptr, indices, rows } = randomRows(sizes, seed);
  return {
    inputs: {
      q: f32(batch, queries, width),
      k: f32(batch, keys, width),
      v: f32(batch, keys, width),
      indptr: i32([rows + 1], indptr),
      indices: i32([indices.length], indices),
    },
    build: ({ q, k, v, indptr: ends, indices: list }) =>
      sparseAttention(q!, k!, v!, { heads, queryBlock, keyBlock, indptr: ends!, indices: list! }),
  };
}

const cases: readonly Sizes[] = [
  { batch: 1, queries: 4, keys: 8, width: 8, heads: 2, queryBlock: 2, keyBlock: 2, mostBlocks: 3 },
  { batch: 2, queries: 16, keys: 48, width: 16, heads: 2, queryBlock: 8, keyBlock: 16, mostBlocks: 3 },
  { batch: 3, queries: 1, keys: 60, width: 6, heads: 1, queryBlock: 1, keyBlock: 5, mostBlocks: 4 },
  { batch: 1, queries: 16, keys: 640, width: 32, heads: 4, queryBlock: 16, keyBlock: 16, mostBlocks: 20 },
];

describe('sparseAttention', () => {
  it.each(cases)('agrees on every executor and in every variant: %j', async (sizes) => {
    await checkKernel(caseOf(sizes));
    await checkGradient(caseOf(sizes));
    const ran = await checkVariants(caseOf(sizes, 2), 'sparseAttention');
    for (const names of ran.values()) {
      expect(names).toContain('rows');
      expect(names.includes('registers1')).toBe((sizes.width / sizes.heads) % 4 === 0);
    }
  });

  it('is dense attention whose bias hides the other blocks', async () => {
    const sizes = { ...cases[1]!, batch: 1 };
    const { lists } = randomRows(sizes, 3);
    const bias = new Float32Array(sizes.queries * sizes.keys).fill(-1e9);
    lists.forEach((list, row) => {
      for (let i = row * sizes.queryBlock; i < (row + 1) * sizes.queryBlock; i++) {
        for (const block of list) {
          bias.fill(
            0,
            i * sizes.keys + block * sizes.keyBlock,
            i * sizes.keys + (block + 1) * sizes.keyBlock,
          );
        }
      }
    });
    const sparse = await evaluate(caseOf(sizes, 3));
    const dense = await evaluate({
      ...caseOf(sizes, 3),
      build: ({ q, k, v }) =>
        attention(q!, k!, v!, {
          heads: sizes.heads,
          bias: q!.builder.constant(bias, [sizes.queries, sizes.keys]),
        }),
    });
    // Row 1 lists nothing: zeros here, an even mixture there.
    const seen = sizes.queryBlock * sizes.width;
    expectClose('row 0', sparse['0']!.slice(0, seen), dense['0']!.slice(0, seen));
    expect(sparse['0']!.slice(seen).every((value) => value === 0)).toBe(true);
  });

  it('says what does not fit', () => {
    const builder = new GraphBuilder();
    const q = builder.input('q', [1, 4, 8]);
    const k = builder.input('k', [1, 6, 8]);
    const rows = {
      indptr: builder.input('indptr', [3], 'i32'),
      indices: builder.input('indices', [4], 'i32'),
    };
    const options = { heads: 2, queryBlock: 2, keyBlock: 3, ...rows };
    expect(sparseAttention(q, k, k, options).shape).toEqual([1, 4, 8]);
    expect(() => sparseAttention(q, k, k, { ...options, keyBlock: 4 })).toThrow(
      /6 keys are no whole blocks of 4; choose a block that divides them/,
    );
    expect(() => sparseAttention(q, k, k, { ...options, queryBlock: 4 })).toThrow(
      /indptr .* must be i32 \(2\)/,
    );
    expect(() => sparseAttention(q, k, k, { ...options, keyBlock: 6 })).toThrow(
      /row of 2 blocks at most, of 1/,
    );
    expect(() => sparseAttention(q, k, q, options)).toThrow(/k and v must be alike/);
  });
});

describe('selectBlocks', () => {
  const select = (sizes: {
    readonly batch: number;
    readonly queries: number;
    readonly blocks: number;
    readonly width: number;
    readonly queryBlock: number;
    readonly keep: number;
    readonly priority: { shape: number[]; dtype: 'f32'; data: Float32Array };
    readonly means?: Float32Array;
  }): KernelCase => {
    const { batch, queries, blocks, width, queryBlock, keep, priority, means } = sizes;
    return {
      inputs: {
        q: f32(batch, queries, width),
        means: { ...f32(batch, blocks, width), ...(means && { data: means }) },
        priority,
      },
      build: ({ q, means: pooled, priority: added }) => {
        const { indptr, indices } = selectBlocks(q!, pooled!, added!, { queryBlock, keep });
        return [indptr, indices];
      },
    };
  };
  const priorityOf = (shape: number[], values: readonly number[]) => ({
    shape,
    dtype: 'f32' as const,
    data: Float32Array.from(values),
  });

  it.each([
    {
      batch: 1,
      queries: 4,
      blocks: 5,
      width: 8,
      queryBlock: 4,
      keep: 2,
      priority: priorityOf([5], [0, 0, 0, 0, 0]),
    },
    {
      ...{ batch: 2, queries: 6, blocks: 7, width: 12, queryBlock: 3, keep: 4 },
      priority: priorityOf([2, 7], [1e6, 0, -1e9, 0, 0, 0, 1e6, 1e6, -1e9, -1e9, -1e9, -1e9, 0, -1e9]),
    },
    {
      ...{ batch: 1, queries: 16, blocks: 1000, width: 16, queryBlock: 16, keep: 12 },
      priority: priorityOf(
        [1000],
        Array.from({ length: 1000 }, (_, i) => (i % 17 === 0 ? -1e9 : i < 3 ? 1e6 : 0)),
      ),
    },
    {
      batch: 1,
      queries: 1,
      blocks: 3,
      width: 4,
      queryBlock: 1,
      keep: 3,
      priority: priorityOf([3], [-1e9, -1e9, -1e9]),
    },
  ])('agrees on every executor: %j', async (sizes) => {
    await checkKernel(select(sizes));
  });

  it('gives equal scores to the lower numbers, in rising order', async () => {
    const sizes = { batch: 1, queries: 1, blocks: 200, width: 4, queryBlock: 1, keep: 5 };
    const means = new Float32Array(200 * 4);
    const priority = priorityOf(
      [200],
      Array.from({ length: 200 }, (_, i) => (i === 150 ? 1 : i < 10 ? -1 : 0)),
    );
    const each = select({ ...sizes, means, priority });
    await checkKernel(each);
    const result = await evaluate(each);
    expect([...result['0']!]).toEqual([0, 5]);
    expect([...result['1']!]).toEqual([10, 11, 12, 13, 150]);
  });

  it('feeds sparse attention with the blocks that matter', async () => {
    // One key block is made of the query itself: its mean product is the largest.
    const width = 8;
    const query = randomData(f32(1, 4, width), 5) as Float32Array;
    const keys = (randomData(f32(1, 40, width), 6) as Float32Array).map((x) => x / 10);
    keys.set(query, 6 * 4 * width);
    const means = Float32Array.from({ length: 10 * width }, (_, i) => {
      const [block, d] = [Math.floor(i / width), i % width];
      return [0, 1, 2, 3].reduce((sum, j) => sum + keys[(block * 4 + j) * width + d]! / 4, 0);
    });
    const each: KernelCase = {
      inputs: {
        q: { ...f32(1, 4, width), data: query },
        k: { ...f32(1, 40, width), data: keys },
        v: f32(1, 40, width),
        means: { ...f32(1, 10, width), data: means },
        priority: priorityOf([10], Array(10).fill(0)),
      },
      build: ({ q, k, v, means: pooled, priority }) => {
        const rows = selectBlocks(q!, pooled!, priority!, { queryBlock: 4, keep: 2 });
        return [sparseAttention(q!, k!, v!, { heads: 2, queryBlock: 4, keyBlock: 4, ...rows }), rows.indices];
      },
    };
    await checkKernel(each);
    expect([...(await evaluate(each))['1']!]).toContain(6);
  });

  it('says what does not fit', () => {
    const builder = new GraphBuilder();
    const q = builder.input('q', [2, 4, 8]);
    const means = builder.input('means', [2, 6, 8]);
    const priority = builder.input('priority', [6]);
    const choose = (queryBlock: number, keep: number) => () =>
      selectBlocks(q, means, priority, { queryBlock, keep });
    expect(choose(2, 3)().indptr.shape).toEqual([5]);
    expect(choose(3, 3)).toThrow(/4 queries are no whole blocks of 3/);
    expect(choose(2, 7)).toThrow(/cannot keep 7 of 6 blocks; keep 1 to all/);
    expect(() => selectBlocks(q, means, builder.input('p', [3, 6]), { queryBlock: 2, keep: 1 })).toThrow(
      /give \(6\) or \(2, 6\)/,
    );
  });
});

describe('ringPriority', () => {
  it('keeps the first frame and the newest ones, and leaves out what was not written', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 9 }),
        fc.integer({ min: -1, max: 30 }),
        fc.nat(8),
        async (ringSize, newest, wanted) => {
          const recent = Math.min(wanted, ringSize - 1);
          const held = new Map<number, number>();
          for (let frame = 0; frame <= newest; frame++) held.set(pinnedSlot(frame, ringSize), frame);
          const result = await evaluate({
            inputs: { position: i32([1], [newest]) },
            build: ({ position }) => ringPriority(position!, ringSize, recent),
          });
          for (let slot = 0; slot < ringSize; slot++) {
            const frame = held.get(slot);
            const priority = result['0']![slot]!;
            if (frame === undefined) expect(priority).toBeLessThan(-1e8);
            else if (slot === 0 || newest - frame < recent) expect(priority).toBeGreaterThan(1e5);
            else expect(priority).toBe(0);
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it.each([-1, 0, 1, 5, 6, 23])('agrees on every executor at frame %i', async (newest) => {
    await checkKernel({
      inputs: { position: i32([1], [newest]) },
      build: ({ position }) => ringPriority(position!, 6, 2),
    });
  });
});
