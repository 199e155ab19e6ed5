/** A world of another family is trained, measured and made small as those of the first one. */
import type { WorldFile } from '@snowglobe/model';
import { registerFamily } from '@snowglobe/model';
import { nextFrame } from '@snowglobe/model/testing';
import { makeWorld, openRecordings, planFor, recordWorld, trainWorld } from '@snowglobe/train';
import { platformer } from '@snowglobe/worlds';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { provenance, useMadeWorld } from '../testing/made_world.js';

registerFamily(nextFrame);

const made = useMadeWorld(async (folder) => {
  await recordWorld(platformer, { folder: join(folder, 'clips'), clips: 3, frames: 40, seed: 3 });
  return openRecordings(join(folder, 'clips'), {
    ...{ width: 32, height: 32, cacheFolder: join(folder, 'cache') },
  });
});
let file: WorldFile;

it('is trained by its one stage, and another stage is refused by name', async () => {
  const common = {
    ...{ family: 'next-frame', preset: 'only', actions: 'true' as const, seed: 1, executor: made.executor },
    ...{ plan: { pixels: { steps: 40 } }, folder: join(made.folder, 'run') },
  };
  await expect(trainWorld(made.data, { ...common, actions: 'latent' })).rejects.toThrow(
    'have true actions alone',
  );
  await expect(trainWorld(made.data, { ...common, stages: ['codes'] })).rejects.toThrow(
    "this world has no stage 'codes'; it has pixels.",
  );
  const psnr: number[] = [];
  const trained = await trainWorld(made.data, {
    ...common,
    onProgress: ({ metrics }) => psnr.push(metrics['psnr']!),
  });
  expect(trained).toMatchObject({ finished: true, isWhole: true, missing: [] });
  expect(psnr.at(-1)!).toBeGreaterThan(psnr[0]! + 3);
  expect(planFor(trained.training.stages, 5)).toEqual({ pixels: { minutes: 5 } });
  file = await makeWorld(made.data, trained, { provenance });
  expect(file.metadata).toMatchObject({ family: 'next-frame', actionNames: made.data.actionNames });
});

it('is evaluated: rollouts, what its family measures, long runs', async () => {
  const evaluation = await made.evaluate(file);
  expect(evaluation.rolloutTruePsnr).toBeGreaterThan(5);
  expect(evaluation.reconstruction).toBeUndefined();
  expect(evaluation.figures).toMatchObject([{ name: 'nextFramePsnr', unit: 'dB' }]);
  expect(evaluation.figures[0]!.value).toBeGreaterThan(5);
  expect(evaluation.longRuns!.detail).toBeGreaterThan(0);
  expect(evaluation.longRuns!.reconstructionPsnr).toBeUndefined();
});

it('is quantized, written, read and played', async () => {
  const { layers, eight, four, world } = await made.quantize(file);
  expect(layers).toEqual(['next-frame/see/filter', 'next-frame/draw/filter']);
  expect(eight.klMean).toBeGreaterThan(0);
  expect(eight.klMean).toBeLessThan(four.klMean);
  expect(four.parts).toHaveProperty('pixels');
  expect(four.reconstruction).toBeUndefined();
  const data = new Uint8Array(32 * 32 * 3).fill(99);
  const session = await world.start({ prompt: { width: 32, height: 32, data } });
  const first = await session.step(world.actions.names[0]!);
  expect(new Set(first.rgba).size).toBeGreaterThan(2);
  await world.close();
});
