import { GraphBuilder, sizeOf } from '@snowglobe/graph';
import { conv2d, matmul, reshape } from '@snowglobe/kernels';
import { createNodeOnnxExecutor } from '@snowglobe/runtime';
import { expect, it } from 'vitest';
import { normals } from '../testing/random.js';
import { observed, Observer } from './observe.js';

/** A convolution, a matrix that is used twice, and a deep one that few rows meet. */
function graph() {
  const builder = new GraphBuilder();
  const x = builder.input('x', [2, 8, 8, 4]);
  const y = conv2d(x, builder.variable('filter', [3, 3, 4, 32]));
  const shared = builder.variable('shared', [32, 32]);
  builder.output('once', matmul(y, shared));
  builder.output('twice', matmul(matmul(y, shared), shared));
  builder.output('conv', y);
  builder.output('deep', matmul(reshape(x, [2, 256]), builder.variable('deep', [256, 4])));
  return builder.build();
}

it('predicts the squared error of every layer’s output from what it saw, over several runs', async () => {
  const source = graph();
  const executor = createNodeOnnxExecutor({ threads: 1 });
  const { graph: seen, outputs, layers } = observed(source);
  expect([...layers.keys()].sort()).toEqual(['deep', 'filter', 'shared']);
  const store = executor.createStore();
  for (const [i, [name, tensor]] of [...source.variables].entries()) {
    store.write(name, tensor, Float32Array.from(normals(sizeOf(tensor.shape), i)));
  }
  const program = await executor.compile(seen, { store });
  const observer = new Observer();
  const runs = [1, 2].map((seed) => ({ x: Float32Array.from(normals(512, seed)) }));
  const inputs: Float32Array[] = [];
  for (const run of runs) {
    const result = await program.run(run, [...outputs, 'conv', 'once']);
    observer.add(result);
    inputs.push(result['conv'] as Float32Array, result['once'] as Float32Array);
  }
  const statistics = observer.statistics(layers);

  // The output's error is the output of the error: run each layer with an error in place of its weights.
  const squares = (values: Iterable<number>): number =>
    [...values].reduce((sum, value) => sum + value * value, 0);
  const column = (delta: Float64Array, outputs: number): Float32Array =>
    Float32Array.from({ length: delta.length * outputs }, (_, at) =>
      at % outputs === 0 ? delta[at / outputs]! : 0,
    );
  const check = (name: string, expected: number, delta: Float64Array): void =>
    expect(statistics.get(name)!.error(delta) / expected).toBeCloseTo(1, 4);

  const filter = normals(36, 7);
  const deep = normals(256, 8);
  store.write('filter', source.variables.get('filter')!, column(filter, 32));
  store.write('deep', source.variables.get('deep')!, column(deep, 4));
  let [ofFilter, ofDeep] = [0, 0];
  for (const run of runs) {
    const { conv, deep: product } = await program.run(run, ['conv', 'deep']);
    ofFilter += squares(conv as Float32Array);
    ofDeep += squares(product as Float32Array);
  }
  check('filter', ofFilter, filter);
  check('deep', ofDeep, deep);

  const shared = normals(32, 9);
  const rowsOf = (values: Float32Array): number =>
    Array.from({ length: values.length / 32 }, (_, row) =>
      shared.reduce((sum, each, i) => sum + each * values[row * 32 + i]!, 0),
    ).reduce((sum, value) => sum + value * value, 0);
  // It is used three times in each run: on the convolution twice, and on its own result.
  const [conv1, once1, conv2, once2] = inputs.map(rowsOf) as [number, number, number, number];
  check('shared', 2 * conv1 + once1 + 2 * conv2 + once2, shared);
  expect(statistics.get('shared')!.rows).toBe(2 * 3 * 128);
  await program.close();
});
