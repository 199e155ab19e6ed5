import { GraphBuilder } from '@snowglobe/graph';
import type { TensorSpec } from '@snowglobe/graph';
import { checkGradient, checkKernel, f32, i32, randomData } from '@snowglobe/runtime/testing';
import { describe, expect, it } from 'vitest';
import type { BinaryName, UnaryName } from './names.js';
import { pointwise as p } from './pointwise.js';

const unary: readonly UnaryName[] = [
  'neg',
  'abs',
  'sign',
  'round',
  'floor',
  'exp',
  'log',
  'sqrt',
  'rsqrt',
  'square',
  'tanh',
  'sigmoid',
  'silu',
  'gelu',
];
const binary: readonly BinaryName[] = ['add', 'sub', 'mul', 'div', 'max', 'min', 'less', 'greater', 'equal'];
const constantPieces = new Set<string>(['sign', 'round', 'floor', 'less', 'greater', 'equal']);

/** Arguments away from poles: log, roots and quotients get (0.5, 1.5). */
function domain(name: string, spec: TensorSpec): TensorSpec & { data: Float32Array } {
  const data = randomData(spec, name.length + 7) as Float32Array;
  const positive = ['log', 'sqrt', 'rsqrt', 'div'].includes(name);
  return { ...spec, data: data.map((x) => (positive ? 1 + x / 2 : 3 * x)) };
}

describe('pointwise', () => {
  it.each(unary)('%s agrees on every executor, with its gradient', async (name) => {
    for (const shape of [[1], [7], [4, 8], [3, 5, 2]]) {
      const testCase = { inputs: { x: domain(name, f32(...shape)) }, build: ({ x }: any) => p[name](x) };
      await checkKernel(testCase);
      if (!constantPieces.has(name)) await checkGradient(testCase);
    }
  });

  it.each(binary)('%s broadcasts on every executor, with its gradient', async (name) => {
    for (const [a, b] of [
      [[6], [6]],
      [[4, 8], [8]],
      [[4, 8], []],
      [
        [2, 1, 3],
        [5, 1],
      ],
      [
        [3, 4],
        [3, 1],
      ],
    ] as const) {
      const testCase = {
        inputs: { a: domain(name, f32(...a)), b: domain(`${name}`, f32(...b)) },
        build: ({ a: x, b: y }: any) => p[name](x, y),
      };
      await checkKernel(testCase);
      // Random operands of equal shape are equal element by element here, where max and min have no derivative.
      if (!constantPieces.has(name) && !(name === 'max' || name === 'min')) await checkGradient(testCase);
    }
  });

  it('max, min and select have one-sided gradients away from ties', async () => {
    const a = { ...f32(9), data: randomData(f32(9), 3) };
    const b = { ...f32(9), data: randomData(f32(9), 4) };
    await checkGradient({ inputs: { a, b }, build: ({ a, b }) => [p.max(a!, b!), p.min(a!, b!)] });
    await checkGradient({
      inputs: { a, b },
      build: ({ a, b }) => p.select(p.greater(a!, 0), p.square(a!), b!),
    });
  });

  it('counts in integers and converts', async () => {
    await checkKernel({
      inputs: { n: i32([2, 3], [-3, 0, 1, 7, 100, -1]), x: f32(2, 3) },
      build: ({ n, x }) => [
        p.add(n!, 5),
        p.mul(n!, n!),
        p.equal(n!, 7),
        p.mul(p.toF32(n!), x!),
        p.toI32(p.mul(x!, 9)),
      ],
    });
  });

  it.each([1, 4])(
    'chooses by a condition of floats or integers, among either, %i at a time',
    async (width) => {
      const integers = (of: (i: number) => number) =>
        i32(
          [3, width],
          Array.from({ length: 3 * width }, (_, i) => of(i)),
        );
      await checkKernel({
        inputs: { n: integers((i) => i % 3), m: integers((i) => i - 4), x: f32(3, width) },
        build: ({ n, m, x }) => [
          p.select(n!, m!, 7),
          p.select(n!, x!, 0),
          p.select(p.equal(n!, 1), m!, n!),
          p.select(p.min(n!, 1), p.add(m!, 2), p.max(m!, -1)),
        ],
      });
    },
  );

  it('names both shapes when they do not broadcast', () => {
    const builder = new GraphBuilder();
    expect(() => p.add(builder.input('a', [2, 3]), builder.input('b', [4]))).toThrow(
      /add: shapes \(2, 3\) and \(4\) do not broadcast/,
    );
  });

  it('refuses mixed element types', () => {
    const builder = new GraphBuilder();
    expect(() => p.add(builder.input('a', [2]), builder.input('b', [2], 'i32'))).toThrow(
      /f32 \(2\) and i32 \(2\)/,
    );
  });
});
