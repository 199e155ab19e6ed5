import { expect, it } from 'vitest';
import { GraphBuilder } from '@snowglobe/graph';
import { pointwise } from '@snowglobe/kernels';
import { createReferenceExecutor } from './reference/reference.js';
import { executorsUnderTest } from './testing/executors.js';

it('a store has what was written or assigned, not what a program merely reads', async () => {
  const builder = new GraphBuilder();
  const [read, assigned] = [builder.variable('read', [2]), builder.variable('assigned', [2])];
  builder.assign(assigned, pointwise.add(pointwise.add(assigned, read), 1));
  for (const executor of [createReferenceExecutor(), ...(await executorsUnderTest())]) {
    const store = executor.createStore();
    const program = await executor.compile(builder.build(), { store });
    expect(store.names()).toEqual([]);
    await program.run({});
    expect(store.names()).toEqual(['assigned']);
    expect(store.has('read')).toBe(false);
    expect([...(await store.read('assigned'))]).toEqual([1, 1]);
    expect(() => store.write('assigned', { shape: [3], dtype: 'f32' }, new Float32Array(3))).toThrow(
      /exists as f32 \(2\) and cannot become f32 \(3\)/,
    );
  }
});
