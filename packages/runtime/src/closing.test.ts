import { GraphBuilder, SnowglobeError } from '@snowglobe/graph';
import { lossOf } from '@snowglobe/graph/internal';
import { pointwise } from '@snowglobe/kernels';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Executor } from '@snowglobe/graph';
import { createNodeOnnxExecutor } from './node/onnx.js';
import { createThreadedOnnxExecutor } from './onnx/node/threaded.js';
import { createReferenceExecutor } from './reference/reference.js';
import { createWebgpuExecutor } from './webgpu/executor.js';
import { openBestDevice } from './devices/node/discover.js';
import { LossyExecutor } from './testing/lossy_executor.js';
import { untrainedWorld } from './testing/untrained_world.js';
import { World } from './world/world.js';

/** Counts up by `by`, and tells what it has come to. */
function counter() {
  const builder = new GraphBuilder();
  const count = builder.variable('count', [1]);
  const next = pointwise.add(count, builder.input('by', [1]));
  builder.assign(count, next);
  builder.output('next', next);
  return builder.build();
}
const spec = { shape: [1], dtype: 'f32' } as const;
const one = Float32Array.of(1);
const prompt = { width: 4, height: 4, data: new Uint8Array(64).fill(128) };

const kinds: Record<string, () => Promise<Executor | undefined>> = {
  reference: async () => createReferenceExecutor(),
  onnx: async () => createNodeOnnxExecutor({ threads: 1 }),
  'onnx in a thread of its own': async () => createThreadedOnnxExecutor(),
  webgpu: async () => {
    const { opened } = await openBestDevice();
    return opened && createWebgpuExecutor(opened);
  },
};

/** Every way of using something rejects or throws with a sentence. */
async function refused(message: RegExp, ...uses: (() => unknown)[]): Promise<void> {
  for (const use of uses) {
    const error: unknown = await (async () => use())().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(SnowglobeError);
    expect((error as SnowglobeError).message).toMatch(message);
  }
}

describe.each(Object.keys(kinds))('on %s, what is closed', (kind) => {
  test('is a program: its runs reject, its variables stay, or go with it when they are its own', async () => {
    const executor = await kinds[kind]!();
    if (!executor) return;
    const store = executor.createStore();
    const program = await executor.compile(counter(), { store });
    const own = await executor.compile(counter());
    expect(await program.run({ by: one })).toEqual({ next: one });
    await own.run({ by: one });
    const running = program.run({ by: one });
    await Promise.all([program.close(), program.close(), own.close()]);
    expect(await running).toEqual({ next: Float32Array.of(2) });
    await program.close();
    await refused(/the program is closed; compile the graph again/, () => program.run({ by: one }));
    expect(await store.read('count')).toEqual(Float32Array.of(2));
    await refused(/their store is closed/, () => own.store.read('count'));
    await executor.close();
  });

  test('is a store: nothing can be done with it, nor with programs that use it', async () => {
    const executor = await kinds[kind]!();
    if (!executor) return;
    const store = executor.createStore();
    const program = await executor.compile(counter(), { store });
    await program.run({ by: one });
    store.close();
    store.close();
    await refused(
      /their store is closed; write them into a new one/,
      () => store.write('count', spec, one),
      () => store.read('count'),
      () => store.has('count'),
      () => store.names(),
      () => store.spec('count'),
      () => program.run({ by: one }),
      () => executor.compile(counter(), { store }),
    );
    const other = await executor.compile(counter());
    expect(await other.run({ by: one })).toEqual({ next: one });
    await executor.close();
  });

  test('is an executor: all that was made of it is closed too, and what waits is told', async () => {
    const executor = await kinds[kind]!();
    if (!executor) return;
    const store = executor.createStore();
    const program = await executor.compile(counter(), { store });
    await program.run({ by: one });
    expect(await lossOf(executor)).toBeUndefined();
    const running = Promise.allSettled([1, 2, 3].map(() => program.run({ by: one })));
    await Promise.all([executor.close(), executor.close()]);
    await executor.close();
    for (const each of await running) {
      if (each.status === 'rejected') expect(String(each.reason)).toMatch(/SnowglobeError.*was closed/);
    }
    const message = /(device|executor) '.*' was closed; open it again/;
    expect((await executor.lost).message).toMatch(message);
    expect(await lossOf(executor)).toBe(await executor.lost);
    await refused(
      /was closed; open it again|the program is closed/,
      () => program.run({ by: one }),
      () => program.run({ by: one }),
    );
    await refused(
      message,
      () => executor.compile(counter()),
      () => executor.createStore(),
      () => store.write('count', spec, one),
      () => store.read('count'),
    );
    await program.close();
  });

  test('is a world: what was asked before is done, and everything later is told in one sentence', async () => {
    let opened = 0;
    const first = await kinds[kind]!();
    if (!first) return;
    const world = await World.create(untrainedWorld(), 'test', async () => {
      opened++;
      return opened === 1 ? first : (await kinds[kind]!())!;
    });
    const session = await world.start({ prompt });
    const other = await world.start({ prompt });
    await session.step('right');
    const snapshot = await session.snapshot();
    const before = [session.step('right'), session.step('left'), other.step('left')];
    const closing = [world.close(), world.close()];
    expect((await Promise.all(before)).map(({ index }) => index)).toEqual([2, 3, 1]);
    await Promise.all(closing);
    await world.close();
    await refused(
      /^world: it was closed; open it again\.$/,
      () => session.step('right'),
      () => session.snapshot(),
      () => session.restore(snapshot),
      () => world.start({ prompt }),
      () => world.resume(snapshot),
    );
    await session.close();
    expect(opened).toBe(1);
    expect((await first.lost).message).toMatch(/was closed/);
    expect([session.index, world.executor.kind]).toEqual([3, first!.kind]);
  });
});

describe('a session that is closed', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.create(untrainedWorld(), 'test', async () => createReferenceExecutor());
  });
  afterAll(() => world.close());

  test('has done what was asked before, says so later, and leaves the others alone', async () => {
    const [session, other] = [await world.start({ prompt }), await world.start({ prompt })];
    await other.step('right');
    const before = session.step('right');
    await Promise.all([session.close(), session.close()]);
    expect((await before).index).toBe(1);
    await refused(
      /^session: it was closed; start or resume another one\.$/,
      () => session.step('right'),
      () => session.snapshot(),
    );
    expect((await other.step('right')).index).toBe(2);
  });
});

describe('an executor on which a world does not run', () => {
  test.each(['compile', 'write'] as const)('is closed when %s fails', async (call) => {
    const executor = createReferenceExecutor();
    const createStore = executor.createStore.bind(executor);
    const failing: Executor = Object.assign(executor, {
      ...(call === 'compile' && { compile: () => Promise.reject(new SnowglobeError('no room')) }),
      ...(call === 'write' && {
        createStore: () =>
          Object.assign(createStore(), {
            write: () => {
              throw new SnowglobeError('no room');
            },
          }),
      }),
    });
    await expect(World.create(untrainedWorld(), 'test', async () => failing)).rejects.toThrow('no room');
    expect((await executor.lost).message).toMatch(/was closed/);
  });

  test('is closed when its device is lost while the world is put on it, and the next one is taken', async () => {
    for (const call of ['compile', 'write'] as const) {
      const opened: LossyExecutor[] = [];
      const world = await World.create(untrainedWorld(), 'test', async () => {
        const name = `device ${opened.length + 1}`;
        opened.push(
          new LossyExecutor(createReferenceExecutor(), name, (each) => name !== 'device 3' && each === call),
        );
        return opened.at(-1)!;
      });
      expect(world.executor.device).toBe('device 3');
      await world.close();
      expect((await Promise.all(opened.map(({ lost }) => lost))).map(({ message }) => message)).toEqual([
        "device 'device 1' was lost.",
        "device 'device 2' was lost.",
        "device 'device 3' was closed.",
      ]);
    }
  });
});
