import { GraphBuilder, fusePointwise, sizeOf } from '@snowglobe/graph';
import type { TensorSpec } from '@snowglobe/graph';
import { checkGradient, checkKernel, evaluate, f32, i32, randomData } from '@snowglobe/runtime/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { roundHalfEven } from './functions.js';
import type { BinaryName, UnaryName } from './names.js';
import { fusePointwiseGroup, pointwise as p } from './pointwise.js';

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

  it('counts in whole numbers and converts', async () => {
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

  it('rounds halves to even', () => {
    expect([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 2.4999].map(roundHalfEven).map((x) => x + 0)).toEqual([
      -2, -2, 0, 0, 2, 2, 2,
    ]);
  });

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

describe('fusion of pointwise chains', () => {
  const chain = (builder: GraphBuilder): GraphBuilder => {
    const x = builder.input('x', [4, 8]);
    const b = builder.input('b', [8]);
    const h = p.silu(p.add(p.mul(x, 2), b));
    builder.output('y', p.add(p.select(p.greater(h, 0), h, p.neg(h)), x));
    return builder;
  };

  it('computes the same with fewer nodes', async () => {
    const graph = chain(new GraphBuilder()).build();
    const fused = fusePointwise(graph, fusePointwiseGroup);
    const ops = (g: typeof graph): number => g.nodes.filter((node) => node.kind === 'op').length;
    expect(ops(fused)).toBeLessThan(ops(graph));
    expect([...fused.outputs.keys()]).toEqual(['y']);
  });

  it('any chain gives the same numbers fused and unfused, on every executor', async () => {
    const step = fc.record({
      fn: fc.constantFrom('add', 'mul', 'silu', 'tanh', 'max', 'square') as fc.Arbitrary<string>,
      left: fc.nat(9),
      right: fc.nat(9),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 8 }), async (steps) => {
        const build = ({ a, b }: Record<string, any>): any => {
          const values = [a, b];
          for (const { fn, left, right } of steps) {
            const x = values[left % values.length];
            const y = values[right % values.length];
            values.push(fn in { add: 1, mul: 1, max: 1 } ? (p as any)[fn](x, y) : (p as any)[fn](x));
          }
          return values.at(-1);
        };
        const inputs = { a: f32(3, 4), b: f32(4) };
        const builder = new GraphBuilder();
        const output = build({ a: builder.input('a', [3, 4]), b: builder.input('b', [4]) });
        if (output.node.kind !== 'op') return;
        builder.output('0', output);
        const fused = fusePointwise(builder.build(), fusePointwiseGroup);
        const plain = await evaluate({ inputs, build });
        const { createReferenceExecutor } = await import('@snowglobe/runtime');
        const program = await createReferenceExecutor().compile(fused);
        const result = await program.run({ a: randomData(f32(3, 4), 1), b: randomData(f32(4), 2) });
        expect(result['0']).toHaveLength(sizeOf(output.shape));
        // Unfused values are rounded to f32 between steps, fused ones only at the end.
        for (let i = 0; i < result['0']!.length; i++) {
          const [x, y] = [result['0']![i]!, plain['0']![i]!];
          expect(Math.abs(x - y)).toBeLessThanOrEqual(1e-4 * Math.max(1, Math.abs(y)));
        }
      }),
      { numRuns: 40 },
    );
  });
});
