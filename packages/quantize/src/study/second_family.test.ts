import { evaluateWorld } from '@snowglobe/eval';
import type { WorldFile } from '@snowglobe/model';
import { decodeWorld, encodeWorld, registerFamily } from '@snowglobe/model';
import { nextFrame } from '@snowglobe/model/testing';
import { createNodeOnnxExecutor, openWeights, World } from '@snowglobe/runtime';
import type { ClipDataset } from '@snowglobe/train';
import { makeWorld, openRecordings, planFor, recordWorld, trainWorld } from '@snowglobe/train';
import { platformer } from '@snowglobe/worlds';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { recordingsOf } from '../measure/recordings.js';
import { QuantizationStudy } from './study.js';

/** A world of another family is trained, measured and made small as those of the first one. */
registerFamily(nextFrame);

const executor = createNodeOnnxExecutor({ threads: 1 });
const provenance = { command: 'test', seeds: [1], hours: 0, machine: 'test', data: 'none', licences: [] };
let folder: string;
let data: ClipDataset;
let file: WorldFile;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-family-'));
  await recordWorld(platformer, { folder: join(folder, 'clips'), clips: 3, frames: 40, seed: 3 });
  data = await openRecordings(join(folder, 'clips'), {
    ...{ width: 32, height: 32, cacheFolder: join(folder, 'cache') },
  });
});
afterAll(async () => {
  data.close();
  await executor.close();
  await rm(folder, { recursive: true, force: true });
});

it('is trained by its one stage, and another stage is refused by name', async () => {
  const common = {
    ...{ family: 'next-frame', preset: 'only', actions: 'true' as const, seed: 1, executor },
    ...{ plan: { pixels: { steps: 40 } }, folder: join(folder, 'run') },
  };
  await expect(trainWorld(data, { ...common, actions: 'latent' })).rejects.toThrow('have true actions alone');
  await expect(trainWorld(data, { ...common, stages: ['codes'] })).rejects.toThrow(
    "this world has no stage 'codes'; it has pixels.",
  );
  const psnr: number[] = [];
  const trained = await trainWorld(data, {
    ...common,
    onProgress: ({ metrics }) => psnr.push(metrics['psnr']!),
  });
  expect(trained).toMatchObject({ finished: true, isWhole: true, missing: [] });
  expect(psnr.at(-1)!).toBeGreaterThan(psnr[0]! + 3);
  expect(planFor(trained.training.stages, 5)).toEqual({ pixels: { minutes: 5 } });
  file = await makeWorld(data, trained, { provenance });
  expect(file.metadata).toMatchObject({ family: 'next-frame', actionNames: data.actionNames });
});

it('is evaluated: rollouts, what its family measures, long runs', async () => {
  const { store } = openWeights(executor, file, 'test');
  const options = { executor, store, seed: 1, stride: 10, watch: 2, longSteps: 20 };
  const evaluation = await evaluateWorld(data, file.model, options);
  store.close();
  expect(evaluation.rolloutTruePsnr).toBeGreaterThan(5);
  expect(evaluation.reconstruction).toBeUndefined();
  expect(evaluation.figures).toMatchObject([{ name: 'nextFramePsnr', unit: 'dB' }]);
  expect(evaluation.figures[0]!.value).toBeGreaterThan(5);
  expect(evaluation.longRuns!.detail).toBeGreaterThan(0);
  expect(evaluation.longRuns!.reconstructionPsnr).toBeUndefined();
});

it('is quantized, written, read and played', async () => {
  const { store } = openWeights(executor, file, 'test');
  const recordings = await recordingsOf(data, file.model, { executor, store, starts: 4 });
  store.close();
  const size = 32 * 32 * 3;
  const prompts = recordings.map(({ frames }) => frames.subarray(0, size));
  const study = await QuantizationStudy.open(file, { executor, prompts, recordings, seed: 3, runs: 16 });
  await study.calibrate();
  expect([...study.layers.keys()]).toEqual(['next-frame/see/filter', 'next-frame/draw/filter']);
  const [eight, four] = await Promise.all(
    ['w8a16', 'w4a16-g32'].map((scheme) => study.quantize(study.uniform(scheme, 'gptq'))),
  );
  const [better, worse] = [await study.measure(eight!), await study.measure(four!)];
  expect(better.klMean).toBeGreaterThan(0);
  expect(better.klMean).toBeLessThan(worse.klMean);
  expect(worse.parts).toHaveProperty('pixels');
  expect(worse.reconstruction).toBeUndefined();
  await study.close();
  const again = decodeWorld(encodeWorld(four!.file), 'again');
  const world = await World.create(again, 'again', async () => createNodeOnnxExecutor({ threads: 1 }));
  const session = await world.start({
    prompt: { width: 32, height: 32, data: new Uint8Array(size).fill(99) },
  });
  const first = await session.step(world.actions.names[0]!);
  expect(new Set(first.rgba).size).toBeGreaterThan(2);
  await world.close();
});
