import { GraphBuilder } from '@snowglobe/graph';
import { lossOf } from '@snowglobe/graph/internal';
import { expect, test } from 'vitest';
import { createReferenceExecutor } from './reference/reference.js';
import { LossyExecutor } from './testing/lossy_executor.js';
import { WatchedExecutor } from './watched_executor.js';

function counter() {
  const builder = new GraphBuilder();
  const count = builder.variable('count', [1]);
  const by = builder.input('by', [1]);
  builder.output('before', count);
  builder.output('by', by);
  return builder.build();
}
const spec = { shape: [1], dtype: 'f32' } as const;
const by = Float32Array.of(2);

test('a run that does not end takes the device away, and nothing waits for it', async () => {
  let hangs = false;
  const inner = new LossyExecutor(
    createReferenceExecutor(),
    'inner',
    () => false,
    (call) => hangs && call === 'run',
  );
  const executor = new WatchedExecutor(inner, 80);
  const store = executor.createStore();
  store.write('count', spec, Float32Array.of(5));
  const program = await executor.compile(counter(), { store });
  expect(await program.run({ by })).toEqual({ before: Float32Array.of(5), by });
  hangs = true;
  // One that is under way beside it fails with it.
  const runs = await Promise.allSettled([program.run({ by }), program.run({ by })]);
  const gone =
    /^SnowglobeError: device 'inner' was given up \(a run did not end within 0 s\); open it again or move to another one\.$/;
  for (const each of runs) expect(String((each as PromiseRejectedResult).reason)).toMatch(gone);
  expect(String(await lossOf(executor))).toMatch(gone);
  await expect(store.read('count')).rejects.toThrow('was given up');
  await expect(executor.compile(counter())).rejects.toThrow('was given up');
  expect(() => executor.createStore()).toThrow('was given up');
  await program.close();
  await executor.close();
});

test('what is being compiled when a run hangs fails with that, not with the end of what is within', async () => {
  let compiling: (() => void) | undefined;
  const reference = createReferenceExecutor();
  const slow = Object.assign(Object.create(reference) as typeof reference, {
    compile: async (...given: Parameters<typeof reference.compile>) => {
      if (compiling) await new Promise<void>((resolve) => (compiling = resolve));
      return reference.compile(...given);
    },
    close: async () => {
      await reference.close();
      compiling?.();
    },
  });
  let hangs = false;
  const inner = new LossyExecutor(
    slow,
    'inner',
    () => false,
    (call) => hangs && call === 'run',
  );
  const executor = new WatchedExecutor(inner, 80);
  const program = await executor.compile(counter());
  [hangs, compiling] = [true, () => {}];
  const [compiled, ran] = await Promise.allSettled([executor.compile(counter()), program.run({ by })]);
  expect(String((compiled as PromiseRejectedResult).reason)).toMatch('was given up');
  expect(String((ran as PromiseRejectedResult).reason)).toMatch('was given up');
  await executor.close();
});

test('a process that is busy is no device that hangs', async () => {
  const executor = new WatchedExecutor(createReferenceExecutor(), 80);
  const program = await executor.compile(counter());
  const run = program.run({ by });
  for (const until = performance.now() + 400; performance.now() < until;);
  expect((await run)['by']).toEqual(by);
  expect(await lossOf(executor)).toBeUndefined();
  await executor.close();
  await expect(program.run({ by })).rejects.toThrow('was closed');
  expect(String(await executor.lost)).toMatch('was closed');
});
