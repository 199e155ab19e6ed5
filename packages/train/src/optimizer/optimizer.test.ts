import type { Tensor } from '@snowglobe/graph';
import { GraphBuilder } from '@snowglobe/graph';
import { pointwise, sum } from '@snowglobe/kernels';
import type { OptimizerOptions } from '@snowglobe/model';
import { createReferenceExecutor } from '@snowglobe/runtime';
import { executorsUnderTest, expectClose, randomData } from '@snowglobe/runtime/testing';
import { expect, test } from 'vitest';
import { averageName, buildOptimizer, isMuonParameter } from './optimizer.js';

const executors = [createReferenceExecutor(), ...(await executorsUnderTest())];

type Shapes = Readonly<Record<string, readonly number[]>>;

/** A loss whose gradient with respect to each parameter is an input of the run: sum of parameter times gradient. */
function graphWithGivenGradients(shapes: Shapes, options: OptimizerOptions) {
  const builder = new GraphBuilder();
  const parameters = new Map<string, Tensor>();
  const terms = Object.entries(shapes).map(([name, shape]) => {
    const parameter = builder.variable(name, shape);
    parameters.set(name, parameter);
    return sum(pointwise.mul(parameter, builder.input(`gradient of ${name}`, shape)));
  });
  const loss = terms.reduce((a, b) => pointwise.add(a, b));
  const optimizer = buildOptimizer(loss, parameters, options);
  builder.output('norm', optimizer.gradientNorm);
  return { graph: builder.build(), optimizer };
}

test.each(executors)('AdamW on $kind follows a plain loop over several steps', async (executor) => {
  const size = 7;
  const options = { learningRate: 0.03, beta1: 0.8, beta2: 0.9, epsilon: 1e-6, decay: 0.1 };
  const { graph, optimizer } = graphWithGivenGradients(
    { matrix: [size, 1], bias: [size] },
    { adamw: options, clip: Infinity, average: 0.5 },
  );
  const store = executor.createStore();
  const program = await executor.compile(graph, { store });
  const start = randomData({ shape: [size], dtype: 'f32' }, 3);
  store.write('matrix', { shape: [size, 1], dtype: 'f32' }, start);
  store.write('bias', { shape: [size], dtype: 'f32' }, start);

  const expected: Record<string, number[]> = { matrix: [...start], bias: [...start] };
  const average: Record<string, number[]> = { matrix: [], bias: [] };
  const first = { matrix: new Float64Array(size), bias: new Float64Array(size) };
  const second = { matrix: new Float64Array(size), bias: new Float64Array(size) };
  for (let step = 1; step <= 6; step++) {
    const rate = step / 6;
    const gradient = randomData({ shape: [size], dtype: 'f32' }, 100 + step);
    await program.run({
      ...optimizer.inputs(step, rate),
      'gradient of matrix': gradient,
      'gradient of bias': gradient,
    });
    for (const name of ['matrix', 'bias'] as const) {
      for (let i = 0; i < size; i++) {
        const g = gradient[i]!;
        first[name][i] = 0.8 * first[name][i]! + 0.2 * g;
        second[name][i] = 0.9 * second[name][i]! + 0.1 * g * g;
        const mean = first[name][i]! / (1 - 0.8 ** step);
        const variance = second[name][i]! / (1 - 0.9 ** step);
        const old = expected[name]![i]!;
        const decay = name === 'matrix' ? 0.1 : 0;
        expected[name]![i] =
          old - rate * 0.03 * (mean / (Math.sqrt(variance) + 1e-6)) - rate * 0.03 * decay * old;
        const share = Math.max(0.5, 9 / (8 + step));
        average[name]![i] = (1 - share) * (average[name]![i] ?? 0) + share * expected[name]![i]!;
      }
    }
  }
  for (const name of ['matrix', 'bias']) {
    expectClose(name, await store.read(name), Float64Array.from(expected[name]!));
    expectClose(`average of ${name}`, await store.read(averageName(name)), Float64Array.from(average[name]!));
  }
  await program.close();
});

test.each(executors)('clipping on $kind scales all gradients by one factor', async (executor) => {
  const shapes = { a: [3], b: [2, 2] };
  // A first AdamW moment with beta1 = 0 is the gradient that the optimizer saw.
  const { graph, optimizer } = graphWithGivenGradients(shapes, { clip: 2, adamw: { beta1: 0 } });
  const store = executor.createStore();
  const program = await executor.compile(graph, { store });
  const run = (a: number[], b: number[]) =>
    program.run({
      ...optimizer.inputs(1, 0),
      'gradient of a': Float32Array.from(a),
      'gradient of b': Float32Array.from(b),
    });

  const large = await run([3, 0, 0], [0, 4, 0, 0]);
  expect(large['norm']![0]).toBeCloseTo(5, 5);
  expectClose('clipped', await store.read('optimizer/first/a'), Float64Array.of(1.2, 0, 0));
  expectClose('clipped', await store.read('optimizer/first/b'), Float64Array.of(0, 1.6, 0, 0));

  const small = await run([0.3, 0, 0], [0, 0.4, 0, 0]);
  expect(small['norm']![0]).toBeCloseTo(0.5, 5);
  expectClose('not clipped', await store.read('optimizer/first/a'), Float64Array.of(0.3, 0, 0));
  await program.close();
});

test('Muon keeps Nesterov momentum, scales by sqrt(out / in) and decays weights', async () => {
  const executor = createReferenceExecutor();
  const shape = [12, 48];
  const spec = { shape, dtype: 'f32' } as const;
  const muon = { learningRate: 0.1, momentum: 0.5, decay: 0.2 };
  const { graph, optimizer } = graphWithGivenGradients({ w: shape }, { muon, clip: Infinity });
  expect(optimizer.muonParameters).toEqual(['w']);
  const store = executor.createStore();
  const program = await executor.compile(graph, { store });
  const start = randomData(spec, 1);
  store.write('w', spec, start);
  // Twice the same gradient: whatever the momentum, the direction is that of the gradient.
  const gradient = randomData(spec, 2);
  await program.run({ ...optimizer.inputs(1, 1), 'gradient of w': gradient });
  const once = await store.read('w');
  expectClose('momentum', await store.read('optimizer/momentum/w'), gradient);
  await program.run({ ...optimizer.inputs(2, 1), 'gradient of w': gradient });
  const momentum = await store.read('optimizer/momentum/w');
  expectClose(
    'momentum',
    momentum,
    Float64Array.from(gradient, (g) => 1.5 * g),
  );

  const twice = await store.read('w');
  const stepOne = Float64Array.from(start, (w, i) => (w - once[i]!) / 0.1 - 0.2 * w);
  const stepTwo = Float64Array.from(once, (w, i) => (w - twice[i]!) / 0.1 - 0.2 * w);
  expectClose('direction', stepTwo, stepOne, { relative: 1e-4 });
  // 12 orthonormal rows times sqrt(48 / 12): the squares sum to about 12 · 4.
  const square = stepOne.reduce((total, value) => total + value * value, 0);
  expect(square / 48).toBeGreaterThan(0.6);
  expect(square / 48).toBeLessThan(1.4);
});

test('Muon moves matrices and filters, AdamW tables, vectors and thin matrices', () => {
  expect(isMuonParameter('block/weight', [64, 192])).toBe(true);
  expect(isMuonParameter('stage/filter', [3, 3, 32, 64])).toBe(true);
  expect(isMuonParameter('stage/filter', [3, 3, 3, 32])).toBe(true);
  expect(isMuonParameter('stage/filter', [1, 1, 3, 32])).toBe(false);
  expect(isMuonParameter('tokens/embedding', [1000, 64])).toBe(false);
  expect(isMuonParameter('positions', [64, 64])).toBe(false);
  expect(isMuonParameter('norm/gain', [64])).toBe(false);
});

test('nothing to train is an error that says what to do', () => {
  const builder = new GraphBuilder();
  expect(() => buildOptimizer(builder.scalar(1), new Map())).toThrow(/no parameters.*parameter\(\)/);
});
