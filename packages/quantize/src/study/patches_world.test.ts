import { evaluateWorld } from '@snowglobe/eval';
import type { WorldFile } from '@snowglobe/model';
import { decodeWorld, encodeWorld } from '@snowglobe/model';
import { meadowRecordings } from '@snowglobe/model/testing';
import { createNodeOnnxExecutor, openWeights, World } from '@snowglobe/runtime';
import type { ClipDataset } from '@snowglobe/train';
import { chooseFamily, makeWorld, openRecordings, trainWorld } from '@snowglobe/train';
import { writeVideo } from '@snowglobe/train/internal';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { recordingsOf } from '../measure/recordings.js';
import { QuantizationStudy } from './study.js';

/** From video of a game made of patches to a small world: what is chosen, trained, measured, quantized and played. */
const executor = createNodeOnnxExecutor({ threads: 1 });
const provenance = { command: 'test', seeds: [1], hours: 0, machine: 'test', data: 'none', licences: [] };
let folder: string;
let data: ClipDataset;
let file: WorldFile;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-patches-'));
  const clips = join(folder, 'clips');
  await mkdir(clips);
  const meadow = meadowRecordings(10, 60);
  const { width, height, actionNames } = meadow;
  for (const [clip, { frames }] of meadow.clips.entries()) {
    const path = join(clips, `clip${clip}`);
    const pictures = Array.from({ length: frames }, (_, t) => meadow.frames(clip, t, 1));
    await writeVideo(`${path}.mkv`, pictures, { width, height, fps: 8, lossless: true });
    const actions = meadow.actions(clip, 0, frames - 1);
    await writeFile(`${path}.json`, JSON.stringify({ actionNames, actions: [...actions, null] }));
  }
  data = await openRecordings(clips, { width, height, cacheFolder: join(folder, 'cache') });
});
afterAll(async () => {
  data.close();
  await executor.close();
  await rm(folder, { recursive: true, force: true });
});

it('is chosen where recordings are made of patches and say which keys were held, and trained', async () => {
  const latent = await chooseFamily(data, { name: 'auto', actions: 'latent' });
  expect(latent.family.name).toBe('delta');
  const { family, findings, remark } = await chooseFamily(data, { name: 'auto', actions: 'true' });
  expect(family.name).toBe('patches');
  expect(remark).toMatch(/^family patches: patches of 6x6 pixels .* a codebook of 13 draws 100.00 %/);
  const accuracy: number[] = [];
  const trained = await trainWorld(data, {
    ...{ family: family.name, findings, preset: 'micro', actions: 'true', seed: 1, executor },
    ...{ plan: { motion: { steps: 300 }, dynamics: { steps: 250 } }, folder: join(folder, 'run') },
    onProgress: ({ stage, metrics }) => stage === 'dynamics' && accuracy.push(metrics['seen']!),
  });
  expect(accuracy.at(-1)).toBeGreaterThan(0.88);
  file = await makeWorld(data, trained, { provenance });
  expect(file.metadata).toMatchObject({ family: 'patches', actionNames: data.actionNames });
});

it('is evaluated: cells by what was known of them, motion, rollouts', async () => {
  const { store } = openWeights(executor, file, 'test');
  const options = { executor, store, seed: 1, stride: 10, prefill: 2, longSteps: 20 };
  const { figures, rolloutTruePsnr } = await evaluateWorld(data, file.model, options);
  store.close();
  const values = Object.fromEntries(figures.map(({ name, value }) => [name, value]));
  expect(values['seenCells']).toBeGreaterThan(0.97);
  expect(values['motion']).toBeGreaterThan(0.9);
  // What comes into view is known to nobody: one of nine kinds of ground.
  expect(values['newCells']).toBeLessThan(0.5);
  expect(rolloutTruePsnr).toBeGreaterThan(10);
});

it('is quantized, written, read and played, of patches alone', async () => {
  const { store } = openWeights(executor, file, 'test');
  const recordings = await recordingsOf(data, file.model, { executor, store, starts: 4 });
  store.close();
  const size = data.width * data.height * 3;
  const prompts = recordings.map(({ frames }) => frames.subarray(0, size));
  const study = await QuantizationStudy.open(file, { executor, prompts, recordings, seed: 3, runs: 16 });
  await study.calibrate();
  expect([...study.layers.keys()]).toContain('dynamics/block0/mlp/up/weight');
  // Pictures stay what they are.
  expect([...study.layers.keys()].filter((name) => name.startsWith('patches/'))).toEqual([]);
  const [eight, four] = await Promise.all(
    ['w8a16', 'w4a16-g32'].map((scheme) => study.quantize(study.uniform(scheme, 'gptq'))),
  );
  const [better, worse] = [await study.measure(eight!), await study.measure(four!)];
  expect(better.klMean).toBeLessThan(worse.klMean);
  expect(better.parts).toHaveProperty('codes');
  await study.close();
  const again = decodeWorld(encodeWorld(four!.file), 'again');
  const world = await World.create(again, 'again', async () => createNodeOnnxExecutor({ threads: 1 }));
  const session = await world.start({
    prompt: { width: data.width, height: data.height, data: data.frames(0, 0, 1) },
  });
  const { rgba, codes } = await session.step('left', { codes: true });
  expect(codes).toHaveLength(25);
  expect(rgba).toHaveLength(data.width * data.height * 4);
  await world.close();
});
