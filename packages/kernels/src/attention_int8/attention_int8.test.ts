import { GraphBuilder } from '@snowglobe/graph';
import type { KernelCase } from '@snowglobe/runtime/testing';
import { checkKernel, checkVariants, evaluate, f32, randomData } from '@snowglobe/runtime/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AttentionOptions } from '../attention/attention.js';
import { attention } from '../attention/attention.js';
import { attentionInt8 } from './attention_int8.js';
import { quantizeHeads } from './quantize_heads.js';

const bytesOf = (packed: ArrayLike<number>): Int8Array => new Int8Array(Uint32Array.from(packed).buffer);

describe('quantizeHeads', () => {
  it.each([
    { shape: [2, 3, 8], heads: 2 },
    { shape: [1, 70, 96], heads: 4 },
    { shape: [5, 4], heads: 1 },
  ])('agrees on every executor: %j', async ({ shape, heads }) => {
    await checkKernel({
      inputs: { x: f32(...shape) },
      build: ({ x }) => {
        const { packed, scales } = quantizeHeads(x!, heads);
        return [packed, scales];
      },
    });
  });

  it('is never further off than half a step of the head, and keeps its largest number', async () => {
    const numbers = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true, min: -1000, max: 1000 }), {
      minLength: 16,
      maxLength: 16,
    });
    await fc.assert(
      fc.asyncProperty(numbers, async (values) => {
        const result = await evaluate({
          inputs: { x: { ...f32(2, 8), data: Float32Array.from(values) } },
          build: ({ x }) => {
            const { packed, scales } = quantizeHeads(x!, 2);
            return [packed, scales];
          },
        });
        const bytes = bytesOf(result['0']!);
        values.forEach((value, i) => {
          const scale = result['1']![i >> 2]!;
          expect(Math.abs(bytes[i]! * scale - value)).toBeLessThanOrEqual(scale * 0.5 * (1 + 1e-5) + 1e-30);
        });
        for (let head = 0; head < 4; head++) {
          const own = [...bytes.slice(4 * head, 4 * head + 4)].map(Math.abs);
          const isZero = values.slice(4 * head, 4 * head + 4).every((value) => Math.fround(value) === 0);
          if (!isZero && result['1']![head]! > 1e-35) expect(Math.max(...own)).toBe(127);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('says what does not fit', () => {
    const builder = new GraphBuilder();
    expect(() => quantizeHeads(builder.input('x', [2, 12]), 2)).toThrow(
      /x f32 \(2, 12\) has no 2 heads of whole words; give f32 \(…, D\) with D a multiple of 8/,
    );
  });
});

interface Sizes {
  readonly batch: number;
  readonly queries: number;
  readonly keys: number;
  readonly width: number;
}

const caseOf = (
  { batch, queries, keys, width }: Sizes,
  options: AttentionOptions,
  biased = false,
): KernelCase => ({
  inputs: {
    q: f32(batch, queries, width),
    k: f32(batch, keys, width),
    v: f32(batch, keys, width),
    ...(biased && { bias: f32(keys) }),
  },
  build: ({ q, k, v, bias }) =>
    attentionInt8(q!, quantizeHeads(k!, options.heads), quantizeHeads(v!, options.heads), {
      ...options,
      ...(bias && { bias }),
    }),
});

describe('attentionInt8', () => {
  it.each<{ sizes: Sizes; options: AttentionOptions; biased?: boolean }>([
    { sizes: { batch: 2, queries: 9, keys: 20, width: 16 }, options: { heads: 2 }, biased: true },
    {
      sizes: { batch: 1, queries: 5, keys: 300, width: 24 },
      options: { heads: 1, causal: true, window: 50 },
    },
    { sizes: { batch: 3, queries: 1, keys: 1100, width: 8 }, options: { heads: 2 } },
  ])('agrees on every executor and in every variant: %j', async ({ sizes, options, biased }) => {
    // A byte may round the other way where a product ends in a half.
    await checkKernel(caseOf(sizes, options, biased));
    const ran = await checkVariants(caseOf(sizes, options, biased), 'attentionInt8');
    for (const names of ran.values()) expect(names).toContain('registers1');
  });

  it('is close to attention in full precision', async () => {
    const sizes = { batch: 1, queries: 8, keys: 64, width: 32 };
    const data = (seed: number, count: number) => randomData(f32(count), seed) as Float32Array;
    const inputs = {
      q: { ...f32(1, 8, 32), data: data(1, 256) },
      k: { ...f32(1, 64, 32), data: data(2, 2048) },
      v: { ...f32(1, 64, 32), data: data(3, 2048) },
    };
    const low = (await evaluate({ ...caseOf(sizes, { heads: 4 }), inputs }))['0']!;
    const full = (await evaluate({ inputs, build: ({ q, k, v }) => attention(q!, k!, v!, { heads: 4 }) }))[
      '0'
    ]!;
    let [difference, magnitude] = [0, 0];
    full.forEach((value, i) => {
      difference += (low[i]! - value) ** 2;
      magnitude += value ** 2;
    });
    // Bytes: a signal-to-noise ratio of 40 dB and more; random values average out.
    expect(10 * Math.log10(magnitude / difference)).toBeGreaterThan(35);
  });

  it('says what does not fit', () => {
    const builder = new GraphBuilder();
    const q = builder.input('q', [1, 4, 16]);
    const k = quantizeHeads(builder.input('k', [1, 6, 16]), 2);
    expect(() => attentionInt8(q, k, k, { heads: 4 })).toThrow(
      /scales \(1, 6, 2\) .* are no bytes of 4 heads; make both with quantizeHeads/,
    );
    expect(() => attentionInt8(q, k, quantizeHeads(builder.input('v', [1, 5, 16]), 2), { heads: 2 })).toThrow(
      /no bytes of 2 heads/,
    );
  });
});
