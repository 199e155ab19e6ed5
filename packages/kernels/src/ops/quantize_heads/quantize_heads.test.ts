import { GraphBuilder } from '@snowglobe/graph';
import type { KernelCase } from '@snowglobe/runtime/testing';
import { checkKernel, evaluate, f32, randomData } from '@snowglobe/runtime/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leastLargest } from '../../numerics/rounding.js';
import { dequantizeHeads } from './dequantize_heads.js';
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
        // Half a step by rounding to bytes. The factor 127 / largest, its product with a number (at most 127) and the scale are each
        // rounded to 32-bit floats, by at most 2^-24 of their own; the rest is what these roundings do to each other.
        const steps = 0.5 + 127 * 3 * 2 ** -24 * (1 + 2 ** -20);
        values.forEach((value, i) => {
          const scale = result['1']![i >> 2]!;
          expect(Math.abs(bytes[i]! * scale - value)).toBeLessThanOrEqual(scale * steps);
        });
        for (let head = 0; head < 4; head++) {
          const own = [...bytes.slice(4 * head, 4 * head + 4)].map(Math.abs);
          const largest = Math.max(...values.slice(4 * head, 4 * head + 4).map(Math.abs));
          if (largest >= leastLargest) expect(Math.max(...own)).toBe(127);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('says what does not fit', () => {
    const builder = new GraphBuilder();
    expect(() => quantizeHeads(builder.input('x', [2, 12]), 2)).toThrow(
      /x f32 \(2, 12\) has no 2 heads of whole words; give f32 \(…, D\) with D a multiple of 8/,
    );
  });
});

/** All bytes once, and then again backwards: what no `quantizeHeads` makes (−128) too. */
const everyByte = Uint32Array.from({ length: 128 }, (_, word) =>
  [0, 1, 2, 3].reduce(
    (all, i) => all + ((word < 64 ? 4 * word + i : 511 - 4 * word - i) & 255) * 2 ** (8 * i),
    0,
  ),
);

describe('dequantizeHeads', () => {
  it.each([
    { shape: [2, 4, 16], heads: 4 },
    { shape: [128], heads: 1 },
    { shape: [4, 32], heads: 2 },
  ])('reads every byte on every executor: u32 $shape, $heads heads', async ({ shape, heads }) => {
    const testCase: KernelCase = {
      inputs: {
        packed: { shape, dtype: 'u32', data: everyByte },
        scales: f32(...shape.slice(0, -1), heads),
      },
      build: ({ packed, scales }) => dequantizeHeads({ packed: packed!, scales: scales! }),
    };
    await checkKernel(testCase);
    const scales = randomData(testCase.inputs['scales']!, 3) as Float32Array;
    const inputs = { ...testCase.inputs, scales: { ...testCase.inputs['scales']!, data: scales } };
    const result = (await evaluate({ ...testCase, inputs }))['0']!;
    const width = 512 / scales.length;
    const expected = Array.from(bytesOf(everyByte), (byte, i) => byte * scales[Math.floor(i / width)]!);
    expect([...result]).toEqual(expected.map(Math.fround));
  });

  it('gives back what was quantized, up to half a step, on every executor', async () => {
    const x = randomData(f32(3, 70, 24), 5) as Float32Array;
    const testCase: KernelCase = {
      inputs: { x: { ...f32(3, 70, 24), data: x } },
      build: ({ x }) => dequantizeHeads(quantizeHeads(x!, 3)),
    };
    await checkKernel(testCase);
    const back = (await evaluate(testCase))['0']!;
    for (let head = 0; head < x.length; head += 8) {
      const own = x.subarray(head, head + 8);
      const step = Math.max(...own.map(Math.abs)) / 127;
      // As above, and the product of byte and scale is rounded once more.
      const steps = 0.5 + 127 * 4 * 2 ** -24 * (1 + 2 ** -20);
      own.forEach((value, i) => expect(Math.abs(back[head + i]! - value)).toBeLessThanOrEqual(steps * step));
    }
  });

  it('a head of zeros stays one', async () => {
    const testCase: KernelCase = {
      inputs: {
        x: { ...f32(2, 8), data: Float32Array.of(...new Array<number>(8).fill(0), 1, 2, 3, 4, 0, 0, 0, 0) },
      },
      build: ({ x }) => dequantizeHeads(quantizeHeads(x!, 2)),
    };
    await checkKernel(testCase);
    const zeros = [...(await evaluate(testCase))['0']!].filter((_, i) => i < 8 || i >= 12);
    expect(zeros).toEqual(new Array(12).fill(0));
  });

  it('says what does not fit', () => {
    const builder = new GraphBuilder();
    const packed = builder.input('packed', [2, 6], 'u32');
    expect(() => dequantizeHeads({ packed, scales: builder.input('scales', [2, 4]) })).toThrow(
      /dequantizeHeads: u32 \(2, 6\) with scales f32 \(2, 4\) are no heads; give both as quantizeHeads/,
    );
    expect(() => dequantizeHeads({ packed, scales: builder.input('more', [3, 2]) })).toThrow(/are no heads/);
  });
});
