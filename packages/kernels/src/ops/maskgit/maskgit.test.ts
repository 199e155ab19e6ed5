import { GraphBuilder } from '@snowglobe/graph';
import type { TensorData, TensorSpec } from '@snowglobe/graph';
import { checkKernel, evaluate, expectClose, f32, i32, randomData } from '@snowglobe/runtime/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sampleTokens, unmaskMostConfident } from './maskgit.js';

const floats = (shape: number[], data: Iterable<number>): TensorSpec & { data: TensorData } => ({
  ...f32(...shape),
  data: Float32Array.from(data),
});

function softmax(logits: readonly number[], temperature = 1): number[] {
  const largest = Math.max(...logits);
  const weights = logits.map((logit) => Math.exp((logit - largest) / temperature));
  const total = weights.reduce((a, b) => a + b);
  return weights.map((weight) => weight / total);
}

/** Uniforms in the middle of random tokens' shares, so that no rounding moves a sample, and those tokens. */
function aim(rows: readonly number[][], temperature: number): { uniforms: number[]; tokens: number[] } {
  const picks = randomData(f32(rows.length), 5);
  const aimed = rows.map((logits, row) => {
    const probabilities = softmax(logits, temperature);
    const likely = [...probabilities.keys()].filter((token) => probabilities[token]! > 0.25 / logits.length);
    const token = likely[Math.floor(((picks[row]! + 1) / 2) * likely.length)]!;
    const before = probabilities.slice(0, token).reduce((a, b) => a + b, 0);
    return { token, uniform: before + probabilities[token]! / 2 };
  });
  return { uniforms: aimed.map(({ uniform }) => uniform), tokens: aimed.map(({ token }) => token) };
}

function rowsOf(data: ArrayLike<number>, size: number): number[][] {
  return Array.from({ length: data.length / size }, (_, row) =>
    Array.from({ length: size }, (_, column) => data[row * size + column]!),
  );
}

describe('sampleTokens', () => {
  it.each([
    { rows: [1], size: 1, temperature: 1 },
    { rows: [3], size: 2, temperature: 0.5 },
    { rows: [64], size: 1000, temperature: 1 },
    { rows: [2, 5], size: 63, temperature: 2 },
    { rows: [2, 3], size: 65, temperature: 0.01 },
    { rows: [7], size: 129, temperature: 0 },
  ])('samples the aimed token on every executor: %j', async ({ rows, size, temperature }) => {
    const logits = (randomData(f32(...rows, size), 3) as Float32Array).map((x) => 4 * x);
    const matrix = rowsOf(logits, size);
    const { uniforms, tokens } = aim(matrix, Math.max(temperature, 1e-3));
    const testCase = {
      inputs: {
        logits: floats([...rows, size], logits),
        uniforms: floats(rows, uniforms),
        temperature: floats([1], [temperature]),
      },
      build: ({ logits, uniforms, temperature }: Record<string, any>) => {
        const { tokens, confidence } = sampleTokens(logits, uniforms, temperature);
        return [tokens, confidence];
      },
    };
    await checkKernel(testCase);
    const result = await evaluate(testCase);
    const expected = temperature > 0 ? tokens : matrix.map((row) => row.indexOf(Math.max(...row)));
    expect([...result['0']!]).toEqual(expected);
    const confidence = expected.map((token, row) => softmax(matrix[row]!)[token]!);
    expectClose('confidence', result['1']!, Float32Array.from(confidence));
  });

  it('samples the rows of each entry of the first axis at a temperature of their own', async () => {
    const [items, rows, size] = [3, 4, 70];
    const temperatures = [1, 0, 0.3];
    const logits = (randomData(f32(items, rows, size), 3) as Float32Array).map((x) => 4 * x);
    const matrix = rowsOf(logits, size);
    const aimed = temperatures.map((temperature, item) =>
      aim(matrix.slice(item * rows, (item + 1) * rows), Math.max(temperature, 1e-3)),
    );
    const testCase = {
      inputs: {
        logits: floats([items, rows, size], logits),
        uniforms: floats(
          [items, rows],
          aimed.flatMap(({ uniforms }) => uniforms),
        ),
        temperature: floats([items], temperatures),
      },
      build: ({ logits, uniforms, temperature }: Record<string, any>) =>
        sampleTokens(logits, uniforms, temperature).tokens,
    };
    await checkKernel(testCase);
    const likeliest = matrix.map((row) => row.indexOf(Math.max(...row)));
    const expected = aimed.flatMap(({ tokens }, item) =>
      temperatures[item] === 0 ? likeliest.slice(item * rows, (item + 1) * rows) : tokens,
    );
    expect([...(await evaluate(testCase))['0']!]).toEqual(expected);
  });

  it('samples tokens as often as their probability says', async () => {
    const logits = [0, Math.log(2), Math.log(5), -Infinity];
    const samples = 800;
    const result = await evaluate({
      inputs: {
        logits: floats([samples, 4], Array.from({ length: samples }, () => logits).flat()),
        uniforms: floats(
          [samples],
          Array.from({ length: samples }, (_, i) => (i + 0.5) / samples),
        ),
        temperature: floats([1], [1]),
      },
      build: ({ logits, uniforms, temperature }) => sampleTokens(logits!, uniforms!, temperature!).tokens,
    });
    const counts = [0, 1, 2, 3].map((token) => result['0']!.filter((sampled) => sampled === token).length);
    expect(counts).toEqual([100, 200, 500, 0]);
  });

  it('stays among tokens of some probability at the ends of the uniforms', async () => {
    const logits = [-1e4, 2, -1e4, 2, -1e4];
    for (const [uniform, token] of [
      [0, 1],
      [1 - 2 ** -24, 3],
    ] as const) {
      const testCase = {
        inputs: {
          logits: floats([1, 5], logits),
          uniforms: floats([1], [uniform]),
          temperature: floats([1], [1]),
        },
        build: ({ logits, uniforms, temperature }: Record<string, any>) =>
          sampleTokens(logits, uniforms, temperature).tokens,
      };
      await checkKernel(testCase);
      expect((await evaluate(testCase))['0']![0]).toBe(token);
    }
  });

  it('takes the lowest of equally likely tokens at temperature 0', async () => {
    const testCase = {
      inputs: {
        logits: floats(
          [2, 130],
          Array.from({ length: 260 }, (_, i) => (i % 130 >= 70 ? 3 : 1)),
        ),
        uniforms: floats([2], [0.1, 0.9]),
        temperature: floats([1], [0]),
      },
      build: ({ logits, uniforms, temperature }: Record<string, any>) =>
        sampleTokens(logits, uniforms, temperature).tokens,
    };
    await checkKernel(testCase);
    expect([...(await evaluate(testCase))['0']!]).toEqual([70, 70]);
  });

  it('says what it wants', () => {
    const builder = new GraphBuilder();
    const logits = builder.input('logits', [4, 10]);
    expect(() => sampleTokens(logits, builder.input('u', [5]), builder.input('t', [1]))).toThrow(
      'sampleTokens: logits f32 (4, 10), uniforms f32 (5), temperature f32 (1) do not fit; pass f32 logits (…, V), ' +
        'one f32 uniform a row (…) and temperature f32 (1), or one for each entry of the first axis.',
    );
  });
});

/** A decoding step as inputs; sampled tokens are 100, 101, … */
function step(confidence: number[], mask: number[], count: number, noise?: number[], rows: number[] = []) {
  const shape = [...rows, confidence.length / rows.reduce((a, b) => a * b, 1)];
  return {
    inputs: {
      tokens: i32(
        shape,
        confidence.map((_, n) => n),
      ),
      sampled: i32(
        shape,
        confidence.map((_, n) => 100 + n),
      ),
      confidence: floats(shape, confidence),
      mask: floats(shape, mask),
      count: i32([1], [count]),
      noise: floats(shape, noise ?? confidence.map(() => 0)),
    },
    build: ({ tokens, sampled, confidence, mask, count, noise }: Record<string, any>) => {
      const result = unmaskMostConfident(tokens, sampled, confidence, mask, count, noise);
      return [result.tokens, result.mask];
    },
  };
}

describe('unmaskMostConfident', () => {
  it('fixes the most confident masked positions, the lowest first on ties', async () => {
    const result = await evaluate(step([0.5, 0.9, 0.5, 0.5, 0.1], [1, 0, 1, 1, 1], 2));
    expect([...result['0']!]).toEqual([100, 1, 102, 3, 4]);
    expect([...result['1']!]).toEqual([0, 0, 0, 1, 1]);
  });

  it('ranks by confidence and noise together', async () => {
    // log 0.2 + 2 > log 0.9
    const result = await evaluate(step([0.2, 0.9], [1, 1], 1, [2, 0]));
    expect([...result['1']!]).toEqual([0, 1]);
  });

  it('agrees on every executor, with ties, for any count', async () => {
    for (const [rows, length] of [
      [[], 1],
      [[], 64],
      [[3], 70],
      [[2, 2], 5],
    ] as const) {
      const shape = [...rows, length];
      const random = (seed: number): number[] => [...randomData(f32(...shape), seed)];
      // Few distinct confidences make many ties.
      const confidence = random(1).map((x) => Math.round(4 * Math.abs(x)) / 8);
      const mask = random(2).map((x) => (x > -0.5 ? 1 : 0));
      for (const count of [-1, 0, 1, 3, length - 1, length + 5]) {
        await checkKernel(step(confidence, mask, count, undefined, [...rows]));
        await checkKernel(step(confidence, mask, count, random(3), [...rows]));
      }
    }
  });

  it('empties any mask in steps, and every position keeps the token of the step that fixed it', async () => {
    const position = fc.record({
      confidence: fc.float({ min: 0, max: 1, noNaN: true }),
      masked: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(position, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 4 }),
        async (positions, count) => {
          const confidence = positions.map((p) => p.confidence);
          let mask = positions.map((p) => Number(p.masked));
          for (let left = mask.filter(Boolean).length; left > 0;) {
            const result = await evaluate(step(confidence, mask, count));
            const after = [...result['1']!];
            const fixed = mask.flatMap((m, n) => (m === 1 && after[n] === 0 ? [n] : []));
            expect(fixed).toHaveLength(Math.min(count, left));
            after.forEach((m, n) => expect(m).toBeLessThanOrEqual(mask[n]!));
            expect([...result['0']!]).toEqual(mask.map((_, n) => (fixed.includes(n) ? 100 + n : n)));
            const kept = after.flatMap((m, n) => (m === 1 ? [confidence[n]!] : []));
            if (kept.length > 0) {
              expect(Math.max(...kept)).toBeLessThanOrEqual(Math.min(...fixed.map((n) => confidence[n]!)));
            }
            mask = after;
            left -= fixed.length;
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('says what it wants', () => {
    const builder = new GraphBuilder();
    const tokens = builder.input('tokens', [4], 'i32');
    const x = builder.input('x', [4]);
    expect(() => unmaskMostConfident(tokens, tokens, x, x, builder.input('count', [4], 'i32'), x)).toThrow(
      /count i32 \(4\).* do not fit; .*count i32 \(1\)/,
    );
  });
});
