/** The program in Python that trains on many machines, where Python has what it needs. */
import { createNodeOnnxExecutor } from '@snowglobe/runtime';
import { expectClose } from '@snowglobe/runtime/testing';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exportStep } from '../src/export/export_step.js';
import { batchOf } from '../src/loop/batch.js';
import type { StageOptions } from '../src/loop/stage_options.js';
import { trainStage } from '../src/loop/stage.js';
import { regression } from '../src/loop/testing/regression.js';
import { logPath, readLog } from '../src/metrics/log.js';

const program = fileURLToPath(new URL('../../../examples/python/train_ddp.py', import.meta.url));
/** Another one may be named, such as that of a virtual environment. */
const python = process.env['SNOWGLOBE_PYTHON'] ?? 'python3';
const steps = 24;
const rows = 32;
const executor = createNodeOnnxExecutor({ threads: 1 });
let folder: string;
let why: string | undefined;

const runPython = async (...args: string[]): Promise<string> =>
  (
    await promisify(execFile)(python, args, {
      timeout: 80_000,
      env: { ...process.env, OMP_NUM_THREADS: '1' },
    })
  ).stderr;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-ddp-'));
  why = await runPython('-c', 'import numpy, onnxruntime, safetensors, torch.distributed').then(
    () => undefined,
    () => `${python} has not all of numpy, onnxruntime, safetensors and torch`,
  );
  await exportStep(options({ folder: join(folder, 'none') }), {
    ...{ out: join(folder, 'step'), batches: 2 * steps, family: 'none', config: {} },
  });
});
afterAll(async () => {
  await executor.close();
  await rm(folder, { recursive: true, force: true });
});

const options = (extra: Partial<StageOptions>): StageOptions => ({
  ...regression(rows),
  ...{ name: 'regression', executor, store: executor.createStore(), framesPerStep: rows },
  ...{ budget: { steps }, seed: 5, folder, data: 'numbers', logEvery: 1 },
  ...extra,
});

/** Losses of every step, as the log has them. */
const losses = async (run: string): Promise<Float64Array> =>
  Float64Array.from((await readLog(logPath(join(folder, run), 'regression'))).map(({ loss }) => loss));

/** Trains with Python, by as many processes. */
async function train(run: string, processes: number, ...more: string[]): Promise<Float64Array> {
  const launcher = ['-m', 'torch.distributed.run', '--standalone', '--nproc-per-node', `${processes}`];
  await runPython(
    ...[...launcher, program, join(folder, 'step'), join(folder, run), '--log-every', '1', '--threads', '1'],
    ...more,
  );
  return losses(run);
}

test('two processes learn what one does from batches twice as large, and training goes on from there', async (context) => {
  if (why !== undefined) return context.skip(why);
  const two = await train('two', 2, '--steps', `${steps}`);
  expect(two).toHaveLength(steps);

  const half = options({});
  await trainStage(
    options({
      ...{ ...regression(2 * rows), framesPerStep: 2 * rows, folder: join(folder, 'large') },
      batches: async (step) => {
        const pair = await Promise.all([batchOf(half, 2 * step - 1), batchOf(half, 2 * step)]);
        const both = (name: string) => Float32Array.from(pair.flatMap((batch) => [...batch[name]!]));
        return { x: both('x'), y: both('y') };
      },
    }),
  );
  // Sums in another order: a few units of 2^-24 a step, which directions of Muon and quotients of AdamW make larger.
  expectClose('losses', two, await losses('large'), { relative: 1e-4 });
  expect(two.at(-1)).toBeLessThan(0.9 * two[0]!);

  const result = await trainStage(options({ folder: join(folder, 'two'), budget: { steps: steps + 6 } }));
  expect(result).toMatchObject({ step: steps + 6, finished: true });
  expect((await losses('two')).slice(0, steps)).toEqual(two);
});

test('one process takes the steps of training, and goes on from its checkpoints', async (context) => {
  if (why !== undefined) return context.skip(why);
  const stop = new AbortController();
  const begun = options({ folder: join(folder, 'one'), signal: stop.signal });
  await trainStage({ ...begun, onProgress: ({ step }) => void (step === 10 && stop.abort()) });
  const one = await train('one', 1, '--steps', `${steps}`);
  await trainStage(options({ folder: join(folder, 'whole') }));
  expectClose('losses', one, await losses('whole'), { relative: 1e-5 });
});

test('a run of another seed is refused', async (context) => {
  if (why !== undefined) return context.skip(why);
  const stopped = options({ folder: join(folder, 'other'), seed: 6, signal: AbortSignal.abort() });
  await trainStage(stopped);
  await expect(train('other', 1, '--steps', '1')).rejects.toThrow(
    'its seed is 6, that of the exported step 5',
  );
});
