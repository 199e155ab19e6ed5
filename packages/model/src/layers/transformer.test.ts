import type { Tensor } from '@snowglobe/graph';
import { GraphBuilder } from '@snowglobe/graph';
import { createReferenceExecutor } from '@snowglobe/runtime';
import { randomData } from '@snowglobe/runtime/testing';
import { expect, it } from 'vitest';
import { gatherEachRow } from './gather_each.js';
import { transformerBlock } from './transformer.js';

const [batch, positions, width] = [2, 6, 8];
const heads = { heads: 2 };

it('a block that carries on some positions gives their rows of the whole block, from all features or from theirs alone', async () => {
  const builder = new GraphBuilder();
  const x = builder.input('x', [batch, positions, width]);
  const positions_BQ = builder.constant(Int32Array.of(1, 4, 5, 0, 3, 2), [batch, 3]);
  const rows = (all: Tensor): Tensor => gatherEachRow(all, positions_BQ);
  const whole = transformerBlock(x, 'block', heads);
  const some = transformerBlock(x, 'block', heads, { some: { positions_BQ } });
  // What stands at those positions in an earlier pass is replaced.
  const earlier = transformerBlock(builder.input('earlier', x.shape), 'block', heads).lookedAt;
  const mixed = builder.input('mixed', x.shape);
  const alone = transformerBlock(rows(x), 'block', heads, { some: { positions_BQ, others: earlier } });
  const together = transformerBlock(mixed, 'block', heads);
  builder.output('whole', rows(whole.x_BND));
  builder.output('some', some.x_BND);
  builder.output('keys', some.lookedAt.keys);
  builder.output('allKeys', whole.lookedAt.keys);
  builder.output('alone', alone.x_BND);
  builder.output('together', rows(together.x_BND));
  const graph = builder.build();
  const executor = createReferenceExecutor();
  const store = executor.createStore();
  let seed = 1;
  for (const [name, spec] of graph.variables) store.write(name, spec, randomData(spec, seed++));
  const program = await executor.compile(graph, { store });
  const [now, before] = [randomData(x, 100) as Float32Array, randomData(x, 101) as Float32Array];
  // Features of all as they are where some are of this pass and the others of the one before.
  const both = before.slice();
  [1, 4, 5, 6, 9, 8].forEach((row) => both.set(now.subarray(row * width, (row + 1) * width), row * width));
  const results = await program.run({ x: now, earlier: before, mixed: both });
  expect(results['some']).toEqual(results['whole']);
  expect(results['keys']).toEqual(results['allKeys']);
  expect(results['alone']).toEqual(results['together']);
  expect(results['alone']).not.toEqual(results['whole']);
});
