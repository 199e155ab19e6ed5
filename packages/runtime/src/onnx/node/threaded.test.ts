import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Worker } from 'node:worker_threads';
import type { Executor, TensorSpec } from '@snowglobe/graph';
import { GraphBuilder, SnowglobeError } from '@snowglobe/graph';
import { lossOf } from '@snowglobe/graph/internal';
import { gatherRows, matmul, pointwise, scatterRows } from '@snowglobe/kernels';
import type { WorldFile } from '@snowglobe/model';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { createNodeOnnxExecutor } from '../../node/onnx.js';
import { createReferenceExecutor } from '../../reference/reference.js';
import { randomData } from '../../testing/random.js';
import { untrainedPatches } from '../../testing/untrained_patches.js';
import { untrainedWorld } from '../../testing/untrained_world.js';
import type { Session } from '../../world/session.js';
import { World } from '../../world/world.js';
import { createThreadedOnnxExecutor } from './threaded.js';

const workers = vi.hoisted((): Worker[] => []);
vi.mock('node:worker_threads', async (load) => {
  const actual = await load<typeof import('node:worker_threads')>();
  return {
    ...actual,
    Worker: class extends actual.Worker {
      constructor(...given: ConstructorParameters<typeof Worker>) {
        super(...given);
        workers.push(this);
      }
    },
  };
});
/** The thread of the executor that was opened last. */
const newest = (): Worker => workers.at(-1)!;
/** Ends a thread by an error that nobody catches, after what it does now. */
const die = (worker: Worker): void => worker.postMessage(null);

const scalar: TensorSpec = { shape: [1], dtype: 'f32' };
const [rows, width] = [6, 3];

/** Counts, keeps a ring of which each run replaces two rows, and multiplies by a matrix. */
function machine() {
  const builder = new GraphBuilder();
  const count = builder.variable('count', [1]);
  const ring = builder.variable('ring', [rows, width]);
  const weights = builder.variable('weights', [width, width]);
  const values = builder.input('values', [2, width]);
  const indices = builder.input('indices', [2], 'i32');
  builder.output('before', gatherRows(ring, indices));
  builder.output('product', matmul(values, weights));
  builder.output('count', count);
  builder.assign(count, pointwise.add(count, 1));
  builder.assign(ring, scatterRows(ring, pointwise.mul(values, 2), indices));
  return builder.build();
}
const weights = { shape: [width, width], dtype: 'f32' } as const;

describe('a graph', () => {
  test.each([false, true])('gives the bits of the same thread, frozen: %j', async (freeze) => {
    const step = fc.record({
      values: fc.array(fc.float({ noNaN: true, noDefaultInfinity: true, min: -9, max: 9 }), {
        minLength: 2 * width,
        maxLength: 2 * width,
      }),
      indices: fc.uniqueArray(fc.integer({ min: 0, max: rows - 1 }), { minLength: 2, maxLength: 2 }),
      // What is written between two runs, and what is asked for.
      count: fc.option(fc.integer({ min: -9, max: 9 })),
      outputs: fc.subarray(['before', 'product', 'count']),
    });
    const executors = [createNodeOnnxExecutor({ threads: 1 }), createThreadedOnnxExecutor()];
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 5 }), async (steps) => {
        const seen = executors.map(async (executor) => {
          const store = executor.createStore();
          store.write('weights', weights, randomData(weights, 7));
          const program = await executor.compile(machine(), { store, freeze });
          const results: unknown[] = [];
          for (const { values, indices, count, outputs } of steps) {
            if (count !== null) store.write('count', scalar, Float32Array.of(count));
            // A part of a larger array, as callers may have.
            const larger = Float32Array.of(5, ...values).subarray(1);
            const inputs = { values: larger, indices: Int32Array.from(indices) };
            results.push(await program.run(inputs, outputs), await store.read('count'));
          }
          results.push(await store.read('ring'), store.names(), await store.read('weights'));
          await program.close();
          store.close();
          return results;
        });
        expect(await seen[1]).toEqual(await seen[0]);
      }),
      { numRuns: 20 },
    );
    await Promise.all(executors.map((executor) => executor.close()));
  });

  test('may be compiled with what another one has computed as its constants', async () => {
    const executor = createThreadedOnnxExecutor();
    const store = executor.createStore();
    const inputs = { values: new Float32Array(2 * width), indices: Int32Array.of(0, 1) };
    const counting = await executor.compile(machine(), { store });
    await counting.run(inputs);
    await counting.run(inputs);
    const builder = new GraphBuilder();
    builder.output('twice', pointwise.mul(builder.variable('count', [1]), 2));
    const frozen = await executor.compile(builder.build(), { store, freeze: true });
    await counting.run(inputs);
    expect(await frozen.run({})).toEqual({ twice: Float32Array.of(4) });
    expect(await store.read('count')).toEqual(Float32Array.of(3));
    store.remove('count');
    expect(store.has('count')).toBe(false);
    expect(await counting.run(inputs, ['count'])).toEqual({ count: Float32Array.of(0) });
    await executor.close();
  });

  test('is refused in the words of the same thread', async () => {
    const executor = createThreadedOnnxExecutor();
    const store = executor.createStore();
    const program = await executor.compile(machine(), { store });
    const values = new Float32Array(2 * width).fill(1);
    await program.run({ values, indices: Int32Array.of(0, 1) });
    const builder = new GraphBuilder();
    const ring = builder.variable('ring', [rows, width]);
    const indices = builder.input('indices', [1], 'i32');
    builder.assign(ring, scatterRows(ring, builder.input('values', [1, width]), indices));
    const count = builder.variable('count', [1]);
    builder.assign(count, pointwise.add(count, 1));
    const writing = await executor.compile(builder.build(), { store });
    const outside = writing.run({ values: new Float32Array(width), indices: Int32Array.of(rows) });
    await expect(outside).rejects.toThrow(
      `scatterRows: index ${rows} is outside the ${rows} rows of 'ring'; keep it in 0 to ${rows - 1}.`,
    );
    expect([...(await store.read('count'))]).toEqual([1]);
    await expect(program.run({ values })).rejects.toThrow("run: input 'indices' (2) is missing; pass it.");
    // This one asks ONNX Runtime for a row that is not there.
    const read = program.run({ values, indices: Int32Array.of(0, rows) }, ['before']);
    await expect(read).rejects.toThrow(
      /^onnx: ONNX Runtime could not run the model: .*; report it with the world and this sentence\.$/s,
    );
    const other = createThreadedOnnxExecutor();
    await expect(other.compile(machine(), { store })).rejects.toThrow(
      'compile: the store belongs to another executor; use createStore() of this one.',
    );
    const large = executor.compile(machine(), { store: createReferenceExecutor().createStore() });
    await expect(large).rejects.toThrow('compile: the store belongs to another executor');
    expect(() => createThreadedOnnxExecutor({ threads: 0 })).toThrow('onnx: threads 0 ');
    await Promise.all([executor.close(), other.close()]);
  });

  test('keeps nobody waiting who has something else to do', async () => {
    const size = 1024;
    const builder = new GraphBuilder();
    const matrix = builder.input('matrix', [size, size]);
    let product = matrix;
    for (let i = 0; i < 4; i++) product = matmul(product, matrix);
    builder.output('product', product);
    const inputs = { matrix: new Float32Array(size * size).fill(1 / size) };
    /** Turns of this thread's loop until a run has ended. */
    const turns = async (executor: Executor): Promise<number> => {
      const program = await executor.compile(builder.build());
      await program.run(inputs);
      let [count, isDone] = [0, false];
      const run = program.run(inputs).then(() => (isDone = true));
      while (!isDone) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        count++;
      }
      await run;
      await executor.close();
      return count;
    };
    expect(await turns(createNodeOnnxExecutor({ threads: 1 }))).toBeLessThanOrEqual(4);
    expect(await turns(createThreadedOnnxExecutor())).toBeGreaterThan(10);
  });
});

test('an executor whose thread has ended is lost with all that is under way', async () => {
  const executor = createThreadedOnnxExecutor();
  const device = 'ONNX Runtime cpu, 1 thread of its own';
  expect(executor.device).toBe(device);
  const store = executor.createStore();
  const program = await executor.compile(machine(), { store });
  const inputs = { values: new Float32Array(2 * width), indices: Int32Array.of(0, 1) };
  await program.run(inputs);
  die(newest());
  const runs = Promise.allSettled([program.run(inputs), store.read('count'), executor.compile(machine())]);
  const lost = await executor.lost;
  expect(lost).toEqual(
    new SnowglobeError(
      `device '${device}' was lost (its thread has ended: Cannot read properties of null (reading 'what')); open it again or move to another one.`,
    ),
  );
  for (const each of await runs) expect((each as PromiseRejectedResult).reason).toBe(lost);
  await expect(program.run(inputs)).rejects.toBe(lost);
  await expect(store.read('count')).rejects.toBe(lost);
  await expect(executor.compile(machine())).rejects.toBe(lost);
  expect(() => store.names()).toThrow(lost);
  await program.close();
  await executor.close();
  expect(await lossOf(executor)).toBe(lost);
});

const prompt = { width: 4, height: 4, data: Uint8Array.from({ length: 48 }, (_, i) => (i * 37) % 256) };
const sessions = 5;

/** Every number of every frame. */
async function play(session: Session, seed: number, frames: number): Promise<Uint8ClampedArray[]> {
  const seen: Uint8ClampedArray[] = [];
  for (let i = 0; i < frames; i++) seen.push((await session.step((session.index + seed) % 4)).rgba);
  return seen;
}

const begin = (world: World): Promise<Session[]> =>
  Promise.all(Array.from({ length: sessions }, (_, seed) => world.start({ prompt, seed, temperature: 1 })));

/** What sessions are shown that play in one go, and the states that they come to. */
async function played(world: World, frames: number) {
  const all = await begin(world);
  const seen = await Promise.all(all.map((session, seed) => play(session, seed, frames)));
  const states = await Promise.all(all.map(async (session) => (await session.snapshot()).state));
  await world.close();
  return { seen, states };
}

describe('a world', () => {
  test.each<[string, WorldFile]>([
    ['residuals', untrainedWorld()],
    ['a map', untrainedPatches()],
  ])('of %s has the sessions of the same thread, to the bit', async (_, file) => {
    const [own, threaded] = await Promise.all([
      World.create(file, 'test', async () => createNodeOnnxExecutor({ threads: 1 })),
      World.create(file, 'test', async () => createThreadedOnnxExecutor()),
    ]);
    const expected = await played(own, 24);
    expect(await played(threaded, 24)).toEqual(expected);
    expect(newest().threadId).toBe(-1);
  });

  test('loses no frame when threads are killed again and again', async () => {
    const file = untrainedWorld();
    const expected = await played(
      await World.create(file, 'test', async () => createNodeOnnxExecutor({ threads: 1 })),
      90,
    );
    const names = ['one', 'two'];
    const opened = new Map<string, Worker>();
    const world = await World.create(
      file,
      'test',
      names.map((name) => ({
        name,
        open: async () => {
          const executor = createThreadedOnnxExecutor();
          opened.set(name, newest());
          return executor;
        },
      })),
    );
    const all = await begin(world);
    // Whoever has seen it all goes on: a device that is lost is found so, and opened again, when somebody asks for something.
    let isOver = false;
    const playing = Promise.all(
      all.map(async (session, seed) => {
        const seen = await play(session, seed, 90);
        while (!isOver) await session.step(0);
        return seen;
      }),
    );
    const soon = { timeout: 20_000, interval: 20 };
    const statusOf = (name: string) => world.devices().find((each) => each.name === name)!;
    // Players may all have been moved to the other device: where nobody plays, nobody finds a loss.
    const visitors: Promise<void>[] = [];
    let isComing = false;
    const visit = async (): Promise<void> => {
      isComing = true;
      const session = await world.start({ prompt, seed: sessions + visitors.length });
      isComing = false;
      while (!isOver) await session.step(0);
    };
    for (const [i, name] of [...names, ...names].entries()) {
      const losses = 1 + Math.floor(i / names.length);
      await vi.waitFor(() => {
        expect(statusOf(name).state).toBe('open');
        if (statusOf(name).interactive > 0) return;
        if (!isComing) visitors.push(visit());
        expect(statusOf(name).interactive).toBeGreaterThan(0);
      }, soon);
      die(opened.get(name)!);
      await vi.waitFor(() => expect(statusOf(name).losses).toBe(losses), soon);
    }
    isOver = true;
    expect(await playing).toEqual(expected.seen);
    await Promise.all(visitors);
    await world.close();
  }, 120_000);
});

describe('a program', () => {
  const runner = fileURLToPath(new URL('../../../../../scripts/source.mjs', import.meta.url));
  const runtime = new URL('../../index.ts', import.meta.url).href;

  const large = 'const run = program.run({ given: new Float32Array(2 ** 20) }); run.catch(() => {});';
  test.each([
    ['that has closed its executor ends by itself', 'await executor.close();', 0],
    ['that has not does, too', '', 0],
    // Not with SIGABRT, by which a thread ends that is ended in ONNX Runtime.
    ['ends when it says so, in the middle of a run', `${large} setTimeout(() => process.exit(7), 50);`, 7],
    ['so it does while it is opened', 'createThreadedOnnxExecutor(); process.exit(8);', 8],
  ])(
    '%s',
    async (_, ending, code) => {
      const folder = await mkdtemp(join(tmpdir(), 'snowglobe-threaded-'));
      try {
        const file = join(folder, 'program.mts');
        await writeFile(
          file,
          `import { createThreadedOnnxExecutor } from '${runtime}';
         import { GraphBuilder } from '${import.meta.resolve('@snowglobe/graph')}';
         import { matmul } from '${import.meta.resolve('@snowglobe/kernels')}';
         const builder = new GraphBuilder();
         let product = builder.input('given', [1024, 1024]);
         for (let i = 0; i < 4; i++) product = matmul(product, product);
         builder.output('product', product);
         const executor = createThreadedOnnxExecutor();
         const program = await executor.compile(builder.build());
         const { product: zeros } = await program.run({ given: new Float32Array(2 ** 20) });
         console.log(zeros.length, zeros[5]);
         ${ending}`,
        );
        const run = promisify(execFile)(process.execPath, [runner, file], { timeout: 150_000 });
        const { stdout, code: ended } = await run.then(
          (result) => ({ ...result, code: 0 }),
          (error: { stdout: string; code: number }) => error,
        );
        expect([stdout.trim(), ended]).toEqual(['1048576 0', code]);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
    180_000,
  );
});
