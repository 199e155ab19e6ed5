/** From video of a game made of patches to a small world: what is chosen, trained, measured, quantized and played. */
import type { WorldFile } from '@snowglobe/model';
import { meadowRecordings } from '@snowglobe/model/testing';
import { chooseFamily, makeWorld, openRecordings, trainWorld } from '@snowglobe/train';
import { writeVideo } from '@snowglobe/train/internal';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { provenance, useMadeWorld } from '../testing/made_world.js';

const made = useMadeWorld(async (folder) => {
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
  return openRecordings(clips, { width, height, cacheFolder: join(folder, 'cache') });
});
let file: WorldFile;

it('is chosen where recordings are made of patches and say which keys were held, and trained', async () => {
  const latent = await chooseFamily(made.data, { name: 'auto', actions: 'latent' });
  expect(latent.family.name).toBe('delta');
  const { family, findings, remark } = await chooseFamily(made.data, { name: 'auto', actions: 'true' });
  expect(family.name).toBe('patches');
  expect(remark).toMatch(/^family patches: patches of 6x6 pixels .* a codebook of 13 draws 100.00 %/);
  const accuracy: number[] = [];
  const trained = await trainWorld(made.data, {
    ...{ family: family.name, findings, preset: 'micro', actions: 'true', seed: 1, executor: made.executor },
    ...{ plan: { motion: { steps: 300 }, dynamics: { steps: 250 } }, folder: join(made.folder, 'run') },
    onProgress: ({ stage, metrics }) => stage === 'dynamics' && accuracy.push(metrics['seen']!),
  });
  expect(accuracy.at(-1)).toBeGreaterThan(0.88);
  file = await makeWorld(made.data, trained, { provenance });
  expect(file.metadata).toMatchObject({ family: 'patches', actionNames: made.data.actionNames });
});

it('is evaluated: cells by what was known of them, motion, rollouts', async () => {
  const { figures, rolloutTruePsnr } = await made.evaluate(file);
  const values = Object.fromEntries(figures.map(({ name, value }) => [name, value]));
  expect(values['seenCells']).toBeGreaterThan(0.97);
  expect(values['motion']).toBeGreaterThan(0.9);
  // What comes into view is known to nobody: one of nine kinds of ground.
  expect(values['newCells']).toBeLessThan(0.5);
  expect(rolloutTruePsnr).toBeGreaterThan(10);
});

it('is quantized, written, read and played, of patches alone', async () => {
  const { layers, eight, four, world } = await made.quantize(file);
  expect(layers).toContain('dynamics/block0/mlp/up/weight');
  // Pictures stay what they are.
  expect(layers.filter((name) => name.startsWith('patches/'))).toEqual([]);
  expect(eight.klMean).toBeLessThan(four.klMean);
  expect(eight.parts).toHaveProperty('codes');
  const { width, height } = made.data;
  const session = await world.start({ prompt: { width, height, data: made.data.frames(0, 0, 1) } });
  const { rgba, codes } = await session.step('left', { codes: true });
  expect(codes).toHaveLength(25);
  expect(rgba).toHaveLength(width * height * 4);
  await world.close();
});
