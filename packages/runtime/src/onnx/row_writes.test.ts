import { GraphBuilder } from '@snowglobe/graph';
import { gatherRows, pointwise, scatterRows } from '@snowglobe/kernels';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createNodeOnnxExecutor } from '../node/onnx.js';
import { createReferenceExecutor } from '../reference/reference.js';
import { findRowWrites } from './row_writes.js';

const [rows, width] = [6, 3];

/** A ring that is read, and of which each run replaces two rows; and one that is also given out whole. */
function graph() {
  const builder = new GraphBuilder();
  const ring = builder.variable('ring', [rows, width]);
  const shown = builder.variable('shown', [rows, width]);
  const values = builder.input('values', [2, width]);
  const indices = builder.input('indices', [2], 'i32');
  builder.output('before', gatherRows(ring, indices));
  builder.assign(ring, scatterRows(ring, pointwise.mul(values, 2), indices));
  const whole = scatterRows(shown, values, indices);
  builder.assign(shown, whole);
  builder.output('whole', whole);
  return builder.build();
}

it('finds the tables that nobody reads after the rows are written', () => {
  expect([...findRowWrites(graph()).keys()]).toEqual(['ring']);
});

it('rows written where the table lies are those of the reference, run after run', async () => {
  const step = fc.record({
    values: fc.array(fc.float({ noNaN: true, noDefaultInfinity: true, min: -9, max: 9 }), {
      minLength: 6,
      maxLength: 6,
    }),
    indices: fc.uniqueArray(fc.integer({ min: 0, max: rows - 1 }), { minLength: 2, maxLength: 2 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 5 }), async (steps) => {
      const results = await Promise.all(
        [createNodeOnnxExecutor({ threads: 1 }), createReferenceExecutor()].map(async (executor) => {
          const store = executor.createStore();
          const program = await executor.compile(graph(), { store });
          const seen: number[][] = [];
          for (const { values, indices } of steps) {
            const inputs = { values: Float32Array.from(values), indices: Int32Array.from(indices) };
            const { before, whole } = await program.run(inputs);
            seen.push([...(before as Float32Array), ...(whole as Float32Array)]);
          }
          seen.push(
            [...((await store.read('ring')) as Float32Array)],
            [...((await store.read('shown')) as Float32Array)],
          );
          await program.close();
          return seen;
        }),
      );
      expect(results[0]).toEqual(results[1]);
    }),
    { numRuns: 20 },
  );
});

it('a row beyond the table is refused, and the table stays as it was', async () => {
  const executor = createNodeOnnxExecutor({ threads: 1 });
  const builder = new GraphBuilder();
  const ring = builder.variable('ring', [rows, width]);
  builder.assign(
    ring,
    scatterRows(ring, builder.input('values', [2, width]), builder.input('indices', [2], 'i32')),
  );
  const store = executor.createStore();
  store.write('ring', ring, new Float32Array(rows * width).fill(7));
  const program = await executor.compile(builder.build(), { store });
  const run = program.run({ values: new Float32Array(2 * width), indices: Int32Array.of(0, rows) });
  await expect(run).rejects.toThrow(`index ${rows} is outside the ${rows} rows of 'ring'`);
  expect(Array.from(await store.read('ring'))).toEqual(Array.from({ length: rows * width }, () => 7));
});
