import { readFile } from 'node:fs/promises';
import type { Tensor, TensorData, Executor } from '@snowglobe/graph';
import { GraphBuilder } from '@snowglobe/graph';
import {
  attention,
  crossEntropy,
  dequantizeHeads,
  fakeQuantize,
  gatherRows,
  matmulQuantized,
  maxOver,
  pointwise as p,
  quantizeHeads,
  rmsNorm,
  sampleTokens,
  scatterAddRows,
  scatterRows,
  softmax,
  sum,
} from '@snowglobe/kernels';
import { packRows } from '@snowglobe/kernels/internal';
import { describe, expect, it, test } from 'vitest';
import { createReferenceExecutor } from './reference/reference.js';
import { executorsUnderTest } from './testing/executors.js';

type Kind = Executor['kind'];
type Values = Readonly<Record<string, TensorData>>;
type Inputs = Readonly<Record<string, readonly [shape: readonly number[], data: TensorData]>>;

const row = (...values: number[]): Float32Array => Float32Array.from(values);
const filled = (count: number, value: number, at: Readonly<Record<number, number>> = {}): Float32Array =>
  Object.assign(new Float32Array(count).fill(value), at);

/** Runs a graph on one executor; `y` lists the results. */
async function run(
  executor: Executor,
  inputs: Inputs,
  build: (tensors: Record<string, Tensor>, builder: GraphBuilder) => Tensor | readonly Tensor[],
): Promise<number[][]> {
  const builder = new GraphBuilder();
  const tensors = Object.fromEntries(
    Object.entries(inputs).map(([name, [shape, data]]) => [
      name,
      builder.input(name, shape, data instanceof Int32Array ? 'i32' : 'f32'),
    ]),
  );
  const built = build(tensors, builder);
  const results = Array.isArray(built) ? (built as readonly Tensor[]) : [built as Tensor];
  results.forEach((result, i) => builder.output(String(i), result));
  const program = await executor.compile(builder.build());
  try {
    const values: Values = await program.run(
      Object.fromEntries(Object.entries(inputs).map(([name, [, data]]) => [name, data])),
    );
    return results.map((_, i) => [...values[String(i)]!]);
  } finally {
    await program.close();
  }
}

const near = (actual: readonly number[], expected: readonly number[], slack = 1e-5): void => {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) => {
    const limit = slack * Math.max(Math.abs(expected[i]!), slack);
    expect(Math.abs(value - expected[i]!), `${value} at ${i}, expected ${expected[i]}`).toBeLessThanOrEqual(
      limit,
    );
  });
};
const allNaN = (values: readonly number[]): void => values.forEach((value) => expect(value).toBeNaN());

/** Weights of 8 bits in one group a column, as constants: two columns of so many inputs. */
function bytesTimes(a: Tensor, builder: GraphBuilder): Tensor {
  const k = a.shape.at(-1)!;
  const values = Array.from({ length: 2 * k }, (_, i) => (i * 7 + 3) % 256);
  const weights = {
    packed: builder.constant(packRows(values, 2, k, 8), [2, k / 4]),
    scales: builder.constant(filled(2, 0.01), [2, 1]),
  };
  return matmulQuantized(a, { ...weights, bits: 8, group: k }, { activationBits: 8 });
}

const throwsOrGives = async (executor: Executor, result: Promise<number[][]>, onGpu: readonly number[]) => {
  if (executor.kind === 'webgpu') near((await result)[0]!, onGpu);
  else await expect(result).rejects.toThrow();
};

/** What each row of the table says, by its first cell. `kind` is the executor's. */
const checks: Readonly<Record<string, (executor: Executor, kind: Kind) => unknown>> = {
  'softmax: equal scores of 3e38': async (executor) => {
    const [y] = await run(executor, { x: [[1, 8], filled(8, 3e38)] }, ({ x }) => softmax(x!));
    near(y!, new Array<number>(8).fill(0.125));
    const [far] = await run(executor, { x: [[1, 2], row(3e38, -3e38)] }, ({ x }) => softmax(x!));
    near(far!, [1, 0]);
  },
  'softmax: a score of -Infinity': async (executor, kind) => {
    const data = row(-Infinity, 1, 1, 5, 5, 5);
    const [y] = await run(executor, { x: [[2, 3], data] }, ({ x }) => softmax(x!));
    if (kind !== 'webgpu') near(y!.slice(0, 3), [0, 0.5, 0.5]);
    near(y!.slice(3), [1 / 3, 1 / 3, 1 / 3]);
  },
  'softmax: NaN in a row': async (executor, kind) => {
    const [y] = await run(executor, { x: [[2, 3], row(1, NaN, 1, 5, 5, 5)] }, ({ x }) => softmax(x!));
    if (kind !== 'webgpu') allNaN(y!.slice(0, 3));
    near(y!.slice(3), [1 / 3, 1 / 3, 1 / 3]);
  },
  'crossEntropy: equal logits of 3e38': async (executor) => {
    const inputs: Inputs = { x: [[1, 8], filled(8, 3e38)], t: [[1], Int32Array.of(3)] };
    near((await run(executor, inputs, ({ x, t }) => crossEntropy(x!, t!)))[0]!, [Math.log(8)]);
  },
  'attention: every key masked by -1e9': async (executor, kind) => {
    const keys = filled(8, 0, { 0: 3, 4: 1 });
    const inputs: Inputs = {
      q: [[1, 1, 4], row(1, 0, 0, 0)],
      k: [[1, 2, 4], keys],
      v: [[1, 2, 4], row(1, 1, 1, 1, 3, 3, 3, 3)],
      bias: [[2], filled(2, -1e9)],
    };
    const [y] = await run(executor, inputs, ({ q, k, v, bias }) =>
      attention(q!, k!, v!, { heads: 1, bias: bias! }),
    );
    // Scores 1.5 and 0.5.
    const first = Math.exp(1.5) / (Math.exp(1.5) + Math.exp(0.5));
    near(y!, new Array<number>(4).fill(kind === 'reference' ? first + 3 * (1 - first) : 2), 1e-4);
  },
  'maxOver: NaN in a row': async (executor, kind) => {
    const [y] = await run(executor, { x: [[2, 3], row(1, NaN, 1, 5, 7, 5)] }, ({ x }) => maxOver(x!, -1));
    if (kind === 'reference') expect(y![0]).toBeNaN();
    expect(y![1]).toBe(7);
  },
  'add, mul, sum: NaN': async (executor, kind) => {
    const results = await run(executor, { x: [[2, 2], row(NaN, 1, 2, 3)] }, ({ x }) => [
      p.add(x!, 1),
      p.mul(x!, 2),
      sum(x!, -1),
    ]);
    if (kind !== 'webgpu') results.forEach((y) => expect(y[0]).toBeNaN());
    near([...results[0]!.slice(1), ...results[1]!.slice(1), results[2]![1]!], [2, 3, 4, 2, 4, 6, 5]);
  },
  'less, greater, equal: NaN': async (executor, kind) => {
    const results = await run(executor, { x: [[2], row(NaN, 1)] }, ({ x }) => [
      p.less(x!, 2),
      p.greater(x!, 0),
      p.equal(x!, x!),
    ]);
    for (const [first, second] of results) {
      expect(kind === 'webgpu' ? [0, 1] : [0]).toContain(first);
      expect(second).toBe(1);
    }
  },
  'div: x / 0': async (executor, kind) => {
    const inputs: Inputs = { x: [[3], row(1, -1, 6)], y: [[3], row(0, 0, 3)] };
    const [y] = await run(executor, inputs, ({ x, y: by }) => p.div(x!, by!));
    if (kind !== 'webgpu') expect(y!.slice(0, 2)).toEqual([Infinity, -Infinity]);
    expect(y![2]).toBe(2);
  },
  'mul: a denormal result': async (executor, kind) => {
    const [y] = await run(executor, { x: [[2], row(1e-38, 1)] }, ({ x }) => p.mul(x!, 0.1));
    if (kind !== 'webgpu' || y![0] !== 0) expect(y![0]! / 1e-39).toBeCloseTo(1, 4);
    near([y![1]!], [0.1]);
  },
  'rmsNorm: squares beyond 3.4e38': async (executor, kind) => {
    const [y] = await run(executor, { x: [[2, 4], row(1e20, 1e20, 1e20, 1e20, 2, 2, 2, 2)] }, ({ x }) =>
      rmsNorm(x!),
    );
    if (kind !== 'webgpu') near(y!.slice(0, 4), new Array<number>(4).fill(kind === 'reference' ? 1 : 0));
    near(y!.slice(4), [1, 1, 1, 1]);
  },
  'round: halves': async (executor) => {
    const [y] = await run(executor, { x: [[6], row(-2.5, -1.5, -0.5, 0.5, 1.5, 2.5)] }, ({ x }) =>
      p.round(x!),
    );
    expect(y!.map((value) => value + 0)).toEqual([-2, -2, 0, 0, 2, 2]);
  },
  'toI32: beyond 32 bits': async (executor) => {
    const x = row(-3e9, 3e9, 1e38, -1e38, 2147483520, 2.9, -2.9);
    const [y] = await run(executor, { x: [[7], x] }, ({ x }) => p.toI32(x!));
    const [low, high] = [-2147483648, 2147483520];
    expect(y).toEqual([low, high, high, low, high, 2, -2]);
  },
  'toI32: NaN': async (executor, kind) => {
    const [y] = await run(executor, { x: [[2], row(NaN, 7)] }, ({ x }) => p.toI32(x!));
    if (kind === 'reference') expect(y![0]).toBe(0);
    expect(y![1]).toBe(7);
  },
  'i32 add, sub, mul, neg, abs: beyond 32 bits': async (executor) => {
    const [a, b] = [Int32Array.of(2147483647, -2147483648, 123456789), Int32Array.of(1, 1, 987654321)];
    const results = await run(executor, { a: [[3], a], b: [[3], b] }, ({ a, b }) => [
      p.add(a!, b!),
      p.sub(a!, b!),
      p.mul(a!, b!),
      p.neg(a!),
      p.abs(a!),
      p.square(b!),
    ]);
    const by = (combine: (x: number, y: number) => number): number[] =>
      [...a].map((x, i) => combine(x, b[i]!) | 0);
    expect(results).toEqual([
      by((x, y) => x + y),
      by((x, y) => x - y),
      by(Math.imul),
      by((x) => -x),
      by(Math.abs),
      by((_, y) => Math.imul(y, y)),
    ]);
  },
  'i32 div': async (executor) => {
    const inputs: Inputs = {
      a: [[6], Int32Array.of(7, -7, 7, -2147483648, -5, 0)],
      b: [[6], Int32Array.of(2, 2, -2, -1, 0, 0)],
    };
    const [y] = await run(executor, inputs, ({ a, b }) => p.div(a!, b!));
    expect(y!.map((value) => value + 0)).toEqual([3, -3, -3, -2147483648, -5, 0]);
  },
  'i32 tensor beside a fraction or a number beyond 32 bits': () => {
    const builder = new GraphBuilder();
    const [whole, float] = [builder.input('n', [2], 'i32'), builder.input('x', [2])];
    for (const number of [0.5, 2 ** 31, -(2 ** 31) - 1, NaN, Infinity]) {
      for (const name of ['add', 'mul', 'div', 'max', 'less', 'equal'] as const) {
        expect(() => p[name](whole, number)).toThrow(
          `${name}: the number ${number} beside i32 (2) would become another one`,
        );
        expect(() => p[name](number, whole)).toThrow(/convert the tensor with toF32/);
      }
      expect(() => p.select(float, whole, number)).toThrow(/select: the number/);
      expect(() => builder.scalar(number, 'i32')).toThrow(/would become another number as i32/);
    }
    expect(p.mul(whole, -3).dtype).toBe('i32');
    expect(() => p.mul(float, 1e39)).toThrow(/number 1e\+39 beside f32 \(2\) .* an f32 can hold/);
    expect(p.max(float, -Infinity).dtype).toBe('f32');
  },
  'exp, sqrt and other functions of fractions, of i32': () => {
    const whole = new GraphBuilder().input('n', [2], 'i32');
    for (const name of [
      'exp',
      'log',
      'sqrt',
      'rsqrt',
      'tanh',
      'sigmoid',
      'silu',
      'gelu',
      'floor',
      'round',
    ] as const) {
      expect(() => p[name](whole)).toThrow(`${name}: is not defined for i32 (2); convert it with toF32.`);
    }
  },
  'gatherRows: an index outside': async (executor) => {
    for (const index of [-1, 3, -2147483648, 2147483647]) {
      const inputs: Inputs = { t: [[3, 2], row(1, 2, 3, 4, 5, 6)], i: [[1], Int32Array.of(index)] };
      await throwsOrGives(
        executor,
        run(executor, inputs, ({ t, i }) => gatherRows(t!, i!)),
        [5, 6],
      );
    }
  },
  'crossEntropy: a target outside': async (executor) => {
    for (const target of [-1, 2, -2147483648]) {
      const inputs: Inputs = { x: [[1, 2], row(0, 0)], t: [[1], Int32Array.of(target)] };
      const result = run(executor, inputs, ({ x, t }) => crossEntropy(x!, t!));
      await throwsOrGives(executor, result, [Math.log(2)]);
    }
  },
  'scatterAddRows, scatterRows: an index outside': async (executor) => {
    for (const index of [-1, 2]) {
      const inputs: Inputs = {
        t: [[2, 1], row(1, 2)],
        v: [[1, 1], row(9)],
        i: [[1], Int32Array.of(index)],
      };
      const add = run(executor, inputs, ({ v, i }) => scatterAddRows(v!, i!, 2));
      await throwsOrGives(executor, add, [0, 0]);
      const replace = run(executor, inputs, ({ t, v, i }) => scatterRows(t!, v!, i!));
      await throwsOrGives(executor, replace, [1, 2]);
    }
  },
  'sampleTokens: a uniform of 1': async (executor) => {
    const inputs: Inputs = {
      x: [[2, 5], row(5, 1, 1, -1000, -1000, 0, 0, 0, 0, 0)],
      u: [[2], row(1, 1)],
      t: [[1], row(1)],
    };
    const [tokens] = await run(executor, inputs, ({ x, u, t }) => {
      const { tokens } = sampleTokens(x!, u!, t!);
      return tokens;
    });
    expect(tokens).toEqual([2, 4]);
  },
  'rows to bytes (W8A8): the largest below 2^-100': async (executor) => {
    for (const tiny of [1e-38, 1e-45, -3e-37]) {
      const [y] = await run(executor, { a: [[2, 64], filled(128, tiny, { 64: 1 })] }, ({ a }, builder) =>
        bytesTimes(a!, builder),
      );
      for (const value of y!.slice(0, 2)) expect(Math.abs(value)).toBeLessThanOrEqual(2 ** -100);
      // Byte 3 is -125 steps, byte 3 + 7 · 64 is 195 of 256, 67 steps.
      near(y!.slice(2), [-1.25, 0.67], 1e-4);
    }
  },
  'rows to bytes (W8A8): NaN in a row': async (executor, kind) => {
    const data = filled(128, 0, { 5: NaN, 64: 1 });
    const [y] = await run(executor, { a: [[2, 64], data] }, ({ a }, builder) => bytesTimes(a!, builder));
    if (kind === 'reference') allNaN(y!.slice(0, 2));
    near(y!.slice(2), [-1.25, 0.67], 1e-4);
  },
  'heads to bytes (KV cache): the largest below 2^-100': async (executor) => {
    for (const tiny of [2 ** -101, 1e-38, 1e-45]) {
      const x = filled(8, tiny, { 4: 1, 5: 1, 6: 1, 7: -1 });
      const [y] = await run(executor, { x: [[1, 1, 8], x] }, ({ x }) =>
        dequantizeHeads(quantizeHeads(x!, 2)),
      );
      for (const value of y!.slice(0, 4)) expect(Math.abs(value - tiny)).toBeLessThanOrEqual(2 ** -107);
      near(y!.slice(4), [1, 1, 1, -1]);
    }
  },
  'heads to bytes (KV cache): NaN in a head': async (executor, kind) => {
    const x = filled(8, 1, { 2: NaN });
    const [y] = await run(executor, { x: [[1, 1, 8], x] }, ({ x }) => dequantizeHeads(quantizeHeads(x!, 2)));
    if (kind === 'reference') allNaN(y!.slice(0, 4));
    near(y!.slice(4), [1, 1, 1, 1]);
  },
  'fakeQuantize: scales beyond 65504': async (executor) => {
    for (const zeroPoints of [false, true]) {
      const x = filled(32, 0, { 0: 1e30, 1: 65504, 2: -3e38, 16: 1 });
      const [y] = await run(executor, { x: [[32, 1], x] }, ({ x }) =>
        fakeQuantize(x!, { bits: 4, group: 16, zeroPoints }),
      );
      // Half of the step of a group, which reaches from -3e38 to 1e30.
      const half = 3e38 / (zeroPoints ? 15 : 7) / 2;
      y!
        .slice(0, 16)
        .forEach((value, i) => expect(Math.abs(value - x[i]!)).toBeLessThanOrEqual(1.001 * half));
      expect(y![16]).toBeCloseTo(1, 2);
    }
  },
};

/** First cells of the table's rows. */
async function documented(): Promise<string[]> {
  const text = await readFile(new URL('../../../docs/numerics.md', import.meta.url), 'utf8');
  const rows = text.split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((line) => line.split('|')[1]!.trim());
}

test('every row of docs/numerics.md is checked, and nothing else', async () => {
  expect(await documented()).toEqual(Object.keys(checks));
});

describe.each(Object.keys(checks))('%s', (what) => {
  it('is as the table says on every executor', async () => {
    for (const executor of [createReferenceExecutor(), ...(await executorsUnderTest())]) {
      await checks[what]!(executor, executor.kind);
    }
  });
});
