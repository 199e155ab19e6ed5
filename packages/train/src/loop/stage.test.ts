import { appendFile, mkdtemp, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fakeQuantizeWeights } from '@snowglobe/compiler';
import type { VariableStore } from '@snowglobe/graph';
import { GraphBuilder } from '@snowglobe/graph';
import type { WeightFormat } from '@snowglobe/kernels';
import { generatorFor } from '@snowglobe/model';
import { createNodeOnnxExecutor } from '@snowglobe/runtime';
import { executorsUnderTest, expectClose } from '@snowglobe/runtime/testing';
import { logPath, readLog } from '../metrics/log.js';
import { checkpointPath } from './checkpoint.js';
import type { Progress, StageOptions } from './stage_options.js';
import { trainStage } from './stage.js';
import { regression } from './testing/regression.js';

const executor = createNodeOnnxExecutor({ threads: 1 });
const rows = 32;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-train-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const { build, batches } = regression(rows);

/** A session of its own: a fresh store, as in a new process. */
async function session(extra: Partial<StageOptions> = {}) {
  const store = executor.createStore();
  const losses = new Map<number, number>();
  const progress: Progress[] = [];
  const result = trainStage({
    name: 'regression',
    executor,
    store,
    build,
    batches,
    framesPerStep: rows,
    budget: { steps: 24 },
    seed: 5,
    folder,
    logEvery: 4,
    // So small a problem needs larger steps than a world.
    optimizer: { muon: { learningRate: 0.02 } },
    schedule: { flatUntil: 0.6 },
    ...extra,
    onProgress: (each) => {
      losses.set(each.step, each.loss);
      progress.push(each);
      extra.onProgress?.(each);
    },
  });
  return { result: await result.catch((error: Error) => error), store, losses, progress };
}

/** Without what depends on the clock. */
const timeless = async () =>
  (await readLog(logPath(folder, 'regression'))).map(({ step, loss, rate, metrics }) => ({
    step,
    loss,
    rate,
    metrics,
  }));

test('learns, with Muon on the square matrix and AdamW on the rest', async () => {
  const { result, progress } = await session({ budget: { steps: 300 }, logEvery: 50 });
  expect(result).toMatchObject({ step: 300, finished: true });
  const log = await readLog(logPath(folder, 'regression'));
  expect(log.map(({ step }) => step)).toEqual([50, 100, 150, 200, 250, 300]);
  expect(log.at(-1)!.loss).toBeLessThan(0.05 * progress[0]!.loss);
  expect(log.at(-1)!.metrics['absoluteError']).toBeLessThan(0.1);
  // The last step starts when 299/300 of the budget are used, on the line from 1 at 0.6 to 0.03 at 1.
  expect(log.at(-1)!.rate).toBeCloseTo(1 - (0.97 * (299 / 300 - 0.6)) / 0.4, 6);
  expect(progress.at(-1)!.fraction).toBe(1);
  expect(progress.at(-1)!.secondsLeft).toBe(0);
});

test('training that feels the rounding ends better than rounding afterwards', async () => {
  const format: WeightFormat = { bits: 2, group: 16, zeroPoints: false };
  const isRounded = (name: string) => name === 'second';
  /** Mean loss over batches that were not seen, with the rounded weights. */
  const rounded = async (store: VariableStore): Promise<number> => {
    const builder = new GraphBuilder();
    builder.output('loss', build(builder).loss);
    const graph = fakeQuantizeWeights(builder.build(), new Map([['second', format]]));
    const program = await executor.compile(graph, { store, freeze: true });
    let total = 0;
    for (let step = 0; step < 20; step++) {
      total += (await program.run(await batches(step, generatorFor(77, `test ${step}`))))['loss']![0]!;
    }
    await program.close();
    return total / 20;
  };
  const budget = { steps: 400 };
  const plain = await session({ budget });
  await rm(folder, { recursive: true });
  const aware = await session({
    budget,
    weightFormat: (name) => (isRounded(name) ? format : undefined),
  });
  const [afterwards, inTraining] = [await rounded(plain.store), await rounded(aware.store)];
  expect(inTraining).toBeLessThan(0.5 * afterwards);
  // What is kept is not rounded: it could go on.
  expect(new Set((await aware.store.read('second')) as Float32Array).size).toBeGreaterThan(100);
});

test('a run that was stopped and then killed goes on as if nothing had happened', async () => {
  const whole = await session();
  const expectedLog = await timeless();
  await rm(folder, { recursive: true });

  // Stopped in the middle of a line of the log: the sums go into the checkpoint.
  const stop = new AbortController();
  const stopped = await session({
    signal: stop.signal,
    onProgress: ({ step }) => {
      if (step === 10) stop.abort();
    },
  });
  expect(stopped.result).toMatchObject({ step: 10, finished: false });
  // What was not a whole line is in the log all the same, and stays there where no step follows.
  const stoppedLog = await timeless();
  expect(stoppedLog.map(({ step }) => step)).toEqual([4, 8, 10]);
  const losses = [...stopped.losses.values()];
  expect(stoppedLog[2]!.loss).toBeCloseTo((losses[8]! + losses[9]!) / 2, 6);
  expect(await session({ signal: AbortSignal.abort() })).toMatchObject({ result: { step: 10 } });
  expect(await timeless()).toEqual(stoppedLog);

  // Killed: no checkpoint after step 10, two lines of the log beyond it, and half a third one.
  const killed = await session({
    onProgress: ({ step }) => {
      if (step === 17) throw new Error('killed');
    },
  });
  expect(killed.result).toMatchObject({ message: 'killed' });
  await appendFile(logPath(folder, 'regression'), '{"step":20,"seco');

  const resumed = await session();
  expect(resumed.result).toMatchObject({ step: 24, finished: true });
  expect([...stopped.losses, ...resumed.losses]).toEqual([...whole.losses]);
  expect(await timeless()).toEqual(expectedLog);
  expect(resumed.store.names().toSorted()).toEqual(whole.store.names().toSorted());
  for (const name of whole.store.names()) {
    expect(await resumed.store.read(name), name).toEqual(await whole.store.read(name));
  }

  // A finished stage takes no more steps and gives its weights.
  const again = await session();
  expect(again.losses.size).toBe(0);
  expect(await again.store.read('second')).toEqual(await whole.store.read('second'));
});

test('the checkpoint before the last serves when the last is damaged', async () => {
  const half = new AbortController();
  await session({ checkpointEvery: 0, signal: half.signal, onProgress: (p) => p.step === 9 && half.abort() });
  await truncate(checkpointPath(folder, 'regression'), 100);
  const resumed = await session();
  expect([...resumed.losses.keys()][0]).toBe(9);
  expect(resumed.result).toMatchObject({ step: 24, finished: true });
  expect((await readdir(folder)).filter((name) => name.endsWith('.tmp') || name.endsWith('.next'))).toEqual(
    [],
  );
});

test('minutes count over sessions', async () => {
  const stop = new AbortController();
  const budget = { minutes: 0.5 / 60 };
  const first = await session({
    budget,
    signal: stop.signal,
    onProgress: (p) => p.seconds > 0.2 && stop.abort(),
  });
  expect(first.result).toMatchObject({ finished: false });
  const second = await session({ budget });
  expect(second.result).toMatchObject({ finished: true });
  const { seconds } = second.result as { seconds: number };
  expect(seconds).toBeGreaterThanOrEqual(0.5);
  expect(second.progress[0]!.seconds).toBeGreaterThan(0.2);
  // The rate of the last step is at the low end of the schedule.
  expect(second.progress.at(-1)!.fraction).toBe(1);
});

test('what cannot be resumed says why', async () => {
  await session({ budget: { steps: 2 } });
  expect((await session({ seed: 6 })).result).toMatchObject({
    message: expect.stringMatching(/seed 5, not 6/),
  });
  const other = await session({ optimizer: { muon: false } });
  expect(other.result).toMatchObject({
    message: expect.stringMatching(/no 'optimizer\/first\/second'.*resume/),
  });
  await writeFile(checkpointPath(folder, 'regression'), 'not a checkpoint');
  await rm(checkpointPath(folder, 'regression').replace('.safetensors', '.previous.safetensors'), {
    force: true,
  });
  expect((await session()).result).toMatchObject({ name: 'SnowglobeError' });
});

test('a loss that is no number stops the run and leaves the last checkpoint', async () => {
  await session({ budget: { steps: 24 }, signal: AbortSignal.abort() });
  const before = await readFile(checkpointPath(folder, 'regression'));
  const poisoned = await session({
    batches: async (step, random) => {
      const batch = await batches(step, random);
      return step === 3 ? { ...batch, y: new Float32Array(rows).fill(NaN) } : batch;
    },
  });
  expect(poisoned.result).toMatchObject({ message: expect.stringMatching(/loss .* became NaN at step 3/) });
  expect(await readFile(checkpointPath(folder, 'regression'))).toEqual(before);
});

test('weights of another stage stay as they are and must exist', async () => {
  const trains = (name: string): boolean => name !== 'second';
  expect((await session({ trains })).result).toMatchObject({ message: expect.stringMatching(/'second'/) });
  const store = executor.createStore();
  const frozen = Float32Array.from({ length: 256 }, (_, i) => Math.sin(i) / 4);
  store.write('second', { shape: [16, 16], dtype: 'f32' }, frozen);
  expect((await session({ trains, store })).result).toMatchObject({ finished: true });
  expect(await store.read('second')).toEqual(frozen);
});

test('fine-tuning starts from the weights in the store, other training from new ones', async () => {
  const trained = await session({ budget: { steps: 100 } });
  await rm(folder, { recursive: true });
  const tuned = await session({ store: trained.store, fineTune: true, budget: { steps: 1 } });
  expect(tuned.losses.get(1)).toBeLessThan(0.5 * trained.losses.get(1)!);
  await rm(folder, { recursive: true });
  const fresh = await session({ store: trained.store, budget: { steps: 1 } });
  expect(fresh.losses.get(1)).toBe(trained.losses.get(1));
});

test('fine-tuning begins anew with a part that is not there at all, and refuses one that is not whole', async () => {
  const fresh = await session({ budget: { steps: 1 } });
  await rm(folder, { recursive: true });
  const anew = await session({ fineTune: true, budget: { steps: 1 } });
  expect(anew.losses.get(1)).toBe(fresh.losses.get(1));
  const store = executor.createStore();
  const [name] = fresh.store.names();
  store.write(name!, fresh.store.spec(name!), await fresh.store.read(name!));
  expect((await session({ store, fineTune: true, folder: join(folder, 'other') })).result).toMatchObject({
    message: expect.stringMatching(/no earlier stage/),
  });
});

test('first weights take the place of the rules, where they fit', async () => {
  const trained = await session({ budget: { steps: 100 } });
  await rm(folder, { recursive: true });
  const firstWeights = async (name: string) => (await trained.store.read(name)) as Float32Array;
  const warm = await session({ firstWeights, budget: { steps: 1 } });
  expect(warm.losses.get(1)).toBeLessThan(0.5 * trained.losses.get(1)!);
  await rm(folder, { recursive: true });
  const misfits = await session({ firstWeights: async () => new Float32Array(3), budget: { steps: 1 } });
  expect(misfits.losses.get(1)).toBe(trained.losses.get(1));
});

test('model operations are those of forward and backward pass', async () => {
  const { result } = await session({ budget: { steps: 1 } });
  const { flopsPerStep, flopsPerStepWithOptimizer } = result as {
    flopsPerStep: number;
    flopsPerStepWithOptimizer: number;
  };
  // Three matmuls a layer but the first, whose input needs no gradient.
  const products = 2 * rows * (2 * 2 * 16 + 3 * 16 * 16 + 3 * 16);
  expect(flopsPerStep).toBeGreaterThan(products);
  expect(flopsPerStep).toBeLessThan(1.2 * products);
  expect(flopsPerStepWithOptimizer).toBeGreaterThan(flopsPerStep);
});

test('every executor has the same loss curve within rounding', async () => {
  const expected = await session({ budget: { steps: 50 } });
  for (const [index, other] of (await executorsUnderTest()).entries()) {
    const actual = await session({
      executor: other,
      store: other.createStore(),
      folder: join(folder, `${index}`),
      budget: { steps: 50 },
    });
    expect(actual.result).toMatchObject({ finished: true });
    expectClose(
      `losses on ${other.kind}`,
      Float64Array.from(actual.losses.values()),
      Float64Array.from(expected.losses.values()),
      { relative: 1e-4 },
    );
  }
});

test('a batch that fails ends the stage with its own message', async () => {
  const failed = await session({
    batches: async (step, random) => {
      if (step === 2) throw new Error('clip 7 is gone');
      return batches(step, random);
    },
  });
  expect(failed.result).toMatchObject({ message: 'clip 7 is gone' });
});
