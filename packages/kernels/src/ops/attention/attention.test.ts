import { GraphBuilder } from '@snowglobe/graph';
import type { KernelCase } from '@snowglobe/runtime/testing';
import {
  checkGradient,
  checkKernel,
  checkVariants,
  evaluate,
  expectClose,
  f32,
  hasFeature,
  randomData,
} from '@snowglobe/runtime/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gradients } from '../../gradients.js';
import { pointwise } from '../pointwise/pointwise.js';
import { sum } from '../reduce/reduce.js';
import type { AttentionOptions } from './attention.js';
import { attention } from './attention.js';
import { keyRange } from './visibility.js';

interface Sizes {
  readonly batch: number;
  readonly queries: number;
  readonly keys: number;
  readonly width: number;
}

/** Random operands; the bias, where there is a shape for it, is a constant, since it has no gradient. */
function caseOf(
  { batch, queries, keys, width }: Sizes,
  options: AttentionOptions,
  bias?: number[],
): KernelCase {
  return {
    inputs: { q: f32(batch, queries, width), k: f32(batch, keys, width), v: f32(batch, keys, width) },
    build: ({ q, k, v }) => {
      if (!bias) return attention(q!, k!, v!, options);
      const data = randomData(f32(...bias), 77).map((x) => 3 * x);
      return attention(q!, k!, v!, { ...options, bias: q!.builder.constant(data, bias) });
    },
  };
}

const cases: readonly {
  readonly sizes: Sizes;
  readonly options: AttentionOptions;
  readonly bias?: number[];
}[] = [
  { sizes: { batch: 2, queries: 5, keys: 5, width: 8 }, options: { heads: 2 } },
  { sizes: { batch: 1, queries: 5, keys: 9, width: 12 }, options: { heads: 3 } },
  { sizes: { batch: 1, queries: 1, keys: 7, width: 6 }, options: { heads: 2 }, bias: [7] },
  { sizes: { batch: 3, queries: 1, keys: 1, width: 4 }, options: { heads: 4, causal: true } },
  { sizes: { batch: 2, queries: 20, keys: 6, width: 8 }, options: { heads: 2 }, bias: [20, 1] },
  { sizes: { batch: 3, queries: 1, keys: 13, width: 16 }, options: { heads: 2 }, bias: [3, 1, 13] },
  {
    sizes: { batch: 2, queries: 5, keys: 6, width: 8 },
    options: { heads: 1, causal: true },
    bias: [2, 5, 1],
  },
  { sizes: { batch: 2, queries: 16, keys: 16, width: 96 }, options: { heads: 2, causal: true } },
  { sizes: { batch: 1, queries: 64, keys: 64, width: 64 }, options: { heads: 1 }, bias: [64, 64] },
  {
    sizes: { batch: 1, queries: 70, keys: 131, width: 24 },
    options: { heads: 3, causal: true, window: 20 },
    bias: [131],
  },
  { sizes: { batch: 1, queries: 65, keys: 67, width: 40 }, options: { heads: 1, window: 9 }, bias: [65, 67] },
  { sizes: { batch: 1, queries: 3, keys: 130, width: 150 }, options: { heads: 1, causal: true } },
];

describe('attention', () => {
  it.each(cases)('agrees on every executor, with gradients: %j', async ({ sizes, options, bias }) => {
    const testCase = caseOf(sizes, options, bias);
    await checkKernel(testCase);
    await checkGradient(testCase);
  });

  it.each([
    ...cases,
    { sizes: { batch: 2, queries: 9, keys: 300, width: 16 }, options: { heads: 2, causal: true } },
    { sizes: { batch: 1, queries: 6, keys: 1030, width: 8 }, options: { heads: 1, window: 500 } },
    { sizes: { batch: 3, queries: 1, keys: 1100, width: 16 }, options: { heads: 4 }, bias: [1100] },
  ])('agrees in every variant: %j', async ({ sizes, options, bias }: (typeof cases)[number]) => {
    const ran = await checkVariants(caseOf(sizes, options, bias), 'attention');
    for (const [device, names] of ran) {
      expect(names.includes('rows-subgroup')).toBe(await hasFeature(device, 'subgroups'));
      expect(names.includes('registers1')).toBe((sizes.width / options.heads) % 4 === 0);
      if (sizes.keys > 1000) expect(names).toContain('split32x1');
    }
  });

  it('weighs by the softmax of scaled scores', async () => {
    // Scores 0 and √4·ln 3 / √4 = ln 3 give weights 1/4 and 3/4.
    const result = await evaluate({
      inputs: {
        q: { ...f32(1, 1, 4), data: Float32Array.of(1, 1, 1, 1) },
        k: { ...f32(1, 2, 4), data: Float32Array.of(0, 0, 0, 0, 2 * Math.log(3), 0, 0, 0) },
        v: { ...f32(1, 2, 4), data: Float32Array.of(4, 0, 8, 0, 0, 4, 8, 0) },
      },
      build: ({ q, k, v }) => attention(q!, k!, v!, { heads: 1 }),
    });
    expectClose('hand-made weights', result['0']!, Float32Array.of(1, 3, 8, 0));
  });

  it('sees exactly the keys of its causal window', async () => {
    const options = fc.record({
      causal: fc.boolean(),
      window: fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined }),
      queries: fc.integer({ min: 1, max: 6 }),
      older: fc.integer({ min: 0, max: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(options, async ({ causal, window, queries, older }) => {
        const keys = queries + older;
        // Equal scores and values that are unit vectors: the result lists each key's weight.
        const v = Float32Array.from({ length: keys * keys }, (_, n) => (n % (keys + 1) === 0 ? 1 : 0));
        const result = await evaluate({
          inputs: {
            q: { ...f32(1, queries, keys), data: new Float32Array(queries * keys) },
            k: f32(1, keys, keys),
            v: { ...f32(1, keys, keys), data: v },
          },
          build: ({ q, k, v }) => attention(q!, k!, v!, { heads: 1, causal, ...(window && { window }) }),
        });
        for (let i = 0; i < queries; i++) {
          const seen = [...Array(keys).keys()].filter((j) => {
            const age = i + older - j;
            return (!causal || age >= 0) && Math.abs(age) < (window ?? Infinity);
          });
          const expected = Float32Array.from({ length: keys }, (_, j) =>
            seen.includes(j) ? 1 / seen.length : 0,
          );
          expectClose(`query ${i}`, result['0']!.slice(i * keys, (i + 1) * keys), expected);
          expect(keyRange(i, { queries, keys }, { causal, window })).toEqual([seen[0], seen.at(-1)! + 1]);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('has softmax shift invariance: a bias equal for all keys changes nothing', async () => {
    const sizes = { batch: 1, queries: 4, keys: 9, width: 8 };
    const plain = await evaluate(caseOf(sizes, { heads: 2 }));
    const base = caseOf(sizes, { heads: 2 });
    const shifted = await evaluate({
      ...base,
      build: ({ q, k, v }) =>
        attention(q!, k!, v!, { heads: 2, bias: q!.builder.constant(Float32Array.of(5), [1]) }),
    });
    expectClose('shifted', shifted['0']!, plain['0']!);
  });

  it('says what does not fit, and what to do', () => {
    const builder = new GraphBuilder();
    const q = builder.input('q', [2, 4, 6]);
    const k = builder.input('k', [2, 3, 6]);
    expect(() => attention(q, k, k, { heads: 4 })).toThrow(
      'attention: q (2, 4, 6), k (2, 3, 6), v (2, 3, 6): 4 heads do not divide width 6; choose a divisor.',
    );
    expect(() => attention(q, k, k, { heads: 2, causal: true })).toThrow(
      /1 queries would see no key under a causal mask/,
    );
    expect(() => attention(q, k, q, { heads: 2 })).toThrow(/k and v differ/);
    expect(() => attention(q, k, k, { heads: 2, window: 0 })).toThrow(/window 0/);
    expect(() =>
      attention(q, builder.input('n', [2, 3, 8]), builder.input('o', [2, 3, 8]), { heads: 2 }),
    ).toThrow(/widths differ/);
    expect(() => attention(q, k, k, { heads: 2, bias: builder.input('bias', [4, 4]) })).toThrow(
      /do not broadcast/,
    );
    expect(() => attention(q, k, k, { heads: 2, bias: builder.input('large', [1, 2, 4, 3]) })).toThrow(
      /bias does not repeat to \(2, 4, 3\); use \(3\), \(4, 3\) or \(2, 4, 3\)/,
    );
    const bias = builder.input('learned', [3]);
    const loss = sum(pointwise.square(attention(q, k, k, { heads: 2, bias })));
    expect(() => gradients(loss, [bias])).toThrow(/bias is a mask and has no derivative/);
  });

  it('counts only pairs that see each other', () => {
    const builder = new GraphBuilder();
    const x = builder.input('x', [3, 4, 8]);
    const flops = (options: AttentionOptions): number => {
      const { node } = attention(x, x, x, options);
      if (node.kind !== 'op') throw new Error('not an op');
      return node.op.flops(node.inputs, node.outputs, node.attributes);
    };
    expect(flops({ heads: 2 })).toBe(4 * 3 * 8 * 16);
    expect(flops({ heads: 2, causal: true })).toBe(4 * 3 * 8 * 10);
    expect(flops({ heads: 2, causal: true, window: 2 })).toBe(4 * 3 * 8 * 7);
  });
});
