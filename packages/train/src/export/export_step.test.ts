import { OnnxEmitter } from '@snowglobe/kernels';
import { encodeOnnx } from '@snowglobe/kernels/internal';
import type { Batch } from '@snowglobe/model';
import { decodeSafetensors, encodeSafetensors } from '@snowglobe/model/internal';
import { createNodeOnnxExecutor } from '@snowglobe/runtime';
import { expectClose } from '@snowglobe/runtime/testing';
import ort from 'onnxruntime-node';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { batchOf } from '../loop/batch.js';
import { checkpointPath, loadCheckpoint } from '../loop/checkpoint.js';
import type { StageOptions } from '../loop/stage_options.js';
import { trainStage } from '../loop/stage.js';
import { regression } from '../loop/testing/regression.js';
import { emitOptimizerInputs, optimizerInputs } from '../optimizer/inputs.js';
import { exportStep } from './export_step.js';
import { takeSteps } from './testing/take_steps.js';

const executor = createNodeOnnxExecutor({ threads: 1 });
const rows = 32;
let root: string;
let folder: string;
beforeEach(async () => {
  root ??= await mkdtemp(join(tmpdir(), 'snowglobe-step-'));
  folder = await mkdtemp(join(root, 'run-'));
});
afterAll(async () => {
  await executor.close();
  await rm(root, { recursive: true, force: true });
});

const options = (extra: Partial<StageOptions> = {}): StageOptions => ({
  ...regression(rows),
  ...{ name: 'regression', executor, store: executor.createStore(), framesPerStep: rows },
  ...{ budget: { steps: 24 }, seed: 5, folder, data: 'numbers' },
  optimizer: { muon: { learningRate: 0.02 }, average: 0.9 },
  ...extra,
});
const about = (batches: number) => ({ out: join(folder, 'step'), batches, family: 'none', config: {} });

/** Trains without an export: losses, and the stage's variables afterwards. */
async function trained(own: StageOptions) {
  const losses: number[] = [];
  await trainStage({ ...own, onProgress: ({ loss }) => losses.push(loss) });
  const names = own.store.names();
  const values = await Promise.all(names.map((name) => own.store.read(name) as Promise<Float32Array>));
  return { losses, state: new Map(names.map((name, i) => [name, values[i]!])) };
}

test('gradients and update as ONNX models take the steps that training takes', async () => {
  const manifest = await exportStep(options(), about(24));
  const taken = await takeSteps(join(folder, 'step'), { steps: 24 });
  const expected = await trained(options());
  expect(taken.losses).toEqual(expected.losses);
  expect([...taken.state.keys()].sort()).toEqual([...expected.state.keys()].sort());
  for (const [name, value] of expected.state) expect(taken.state.get(name), name).toEqual(value);

  expect(manifest.gradients.inputs.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['batch/x', 'batch/y', 'state/first']),
  );
  expect(manifest.gradients.inputs).not.toContainEqual(
    expect.objectContaining({ name: expect.stringMatching('optimizer') }),
  );
  expect(manifest).toMatchObject({
    ...{ stage: 'regression', frozen: null, schedule: { warmupSteps: 2 } },
    optimizer: {
      ...{ clip: 1, average: 0.9, adamw: { beta2: 0.95 } },
      muon: { learningRate: 0.02, parameters: ['second'] },
    },
    checkpoint: { file: 'regression.checkpoint.safetensors', state: { step: 0, seed: 5, data: 'numbers' } },
  });
  expect(JSON.parse(await readFile(join(folder, 'step', 'manifest.json'), 'utf8'))).toEqual(manifest);
});

test('averaged gradients of two batches are those of one that is twice as large', async () => {
  await exportStep(options(), about(48));
  const taken = await takeSteps(join(folder, 'step'), { steps: 24, workers: 2 });
  const half = options();
  const batches = async (step: number): Promise<Batch> => {
    const [a, b] = await Promise.all([batchOf(half, 2 * step - 1), batchOf(half, 2 * step)]);
    const both = (name: string) => Float32Array.from([...a![name]!, ...b![name]!]);
    return { x: both('x'), y: both('y') };
  };
  const whole = await trained(options({ ...regression(2 * rows), batches, framesPerStep: 2 * rows }));
  // Sums in another order: a few units of 2^-24 a step, which Muon's orthogonal directions and AdamW's quotients make larger.
  expectClose('losses', Float64Array.from(taken.losses), Float64Array.from(whole.losses), { relative: 1e-4 });
  expect(taken.losses.at(-1)).toBeLessThan(0.9 * taken.losses[0]!);
});

test('goes on from a checkpoint, and training goes on from what was made', async () => {
  const uninterrupted = await trained(options({ folder: join(folder, 'whole') }));
  const stop = new AbortController();
  await trainStage(
    options({ signal: stop.signal, onProgress: ({ step }) => void (step === 8 && stop.abort()) }),
  );
  const manifest = await exportStep(options(), about(6));
  expect(manifest.batches).toMatchObject({ first: 9, count: 6 });
  expect((await readdir(join(folder, 'step', 'batches'))).sort()[0]).toBe('000009.safetensors');

  const { state } = await takeSteps(join(folder, 'step'), { steps: 24, take: 6 });
  const path = checkpointPath(folder, 'regression');
  const { tensors } = decodeSafetensors(await readFile(path), path);
  const made = [...tensors].map(
    ([name, tensor]) => [name, { ...tensor, data: state.get(name)! } as typeof tensor] as const,
  );
  const said = { ...manifest.checkpoint.state, step: 14, window: { steps: 0, sums: {} } };
  await writeFile(path, encodeSafetensors(new Map(made), new Map([['checkpoint', JSON.stringify(said)]])));
  const rest = await trained(options());
  expect(rest.losses).toEqual(uninterrupted.losses.slice(14));
  for (const [name, value] of uninterrupted.state) expect(rest.state.get(name), name).toEqual(value);
});

test('weights that are not trained lie beside, and stay as they are', async () => {
  const trains = (name: string): boolean => name !== 'second';
  const store = () => {
    const made = executor.createStore();
    made.write('second', { shape: [16, 16], dtype: 'f32' }, new Float32Array(256).fill(0.1));
    return made;
  };
  const manifest = await exportStep(options({ trains, store: store() }), about(3));
  expect(manifest.frozen).toBe('frozen.safetensors');
  const taken = await takeSteps(join(folder, 'step'), { steps: 24, take: 3 });
  const expected = await trained(options({ trains, store: store(), budget: { steps: 24 } }));
  expect(taken.losses).toEqual(expected.losses.slice(0, 3));
  expect(taken.state.has('second')).toBe(false);
});

test('a stage that carries something from step to step is refused, and so are batches that do not fit', async () => {
  const { build, batches } = regression(rows);
  const carries = options({
    build: (builder) => {
      const loss = build(builder);
      builder.assign(builder.variable('last', []), loss.loss);
      return loss;
    },
  });
  await expect(exportStep(carries, about(1))).rejects.toThrow(
    'the regression stage carries last from each step to the next, so its batches cannot be shared out',
  );
  const misfits = options({ batches: async (...args) => ({ x: (await batches(...args))['x']! }) });
  await expect(exportStep(misfits, about(1))).rejects.toThrow(
    "batches of the regression stage have no values of 'y' and its graph takes 32",
  );
  // Without a manifest nothing is taken for whole.
  expect(await readdir(join(folder, 'step'))).not.toContain('manifest.json');
  expect(await loadCheckpoint(folder, 'regression', new Map(), executor.createStore())).toBeUndefined();
});

test('rates and corrections are those of training to the last bit, early and late', async () => {
  const emitter = new OnnxEmitter();
  const settings = {
    muon: { learningRate: 0.008, momentum: 0.95, decay: 0.01, applies: () => true },
    adamw: { learningRate: 1.5e-3, beta1: 0.9, beta2: 0.98, epsilon: 1e-8, decay: 0.01 },
    ...{ clip: 1, average: 0.999 },
  };
  const made = emitOptimizerInputs(settings, emitter, 'step', 'rate');
  const session = await ort.InferenceSession.create(
    encodeOnnx({
      name: 'inputs',
      ...{ nodes: emitter.nodes, initializers: emitter.initializers },
      inputs: [
        { name: 'step', type: 'i32', shape: [] },
        { name: 'rate', type: 'f64', shape: [] },
      ],
      outputs: [...made].map(([name, value]) => ({
        ...{ name: value, type: 'f32' as const },
        shape: name.endsWith('adamw') ? [3] : [],
      })),
    }),
  );
  for (const step of [1, 2, 3, 10, 57, 1000, 123_456]) {
    const rate = 1 / (1 + step / 7);
    const results = await session.run({
      step: new ort.Tensor('int32', [step], []),
      rate: new ort.Tensor('float64', [rate], []),
    });
    for (const [name, value] of Object.entries(optimizerInputs(settings, step, rate))) {
      expect(results[made.get(name)!]!.data, `${name} of step ${step}`).toEqual(value);
    }
  }
  await session.release();
});
