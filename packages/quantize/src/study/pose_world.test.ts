import { evaluateWorld } from '@snowglobe/eval';
import type { WorldFile } from '@snowglobe/model';
import { decodeWorld, encodeWorld } from '@snowglobe/model';
import { createNodeOnnxExecutor, openWeights, World } from '@snowglobe/runtime';
import type { ClipDataset } from '@snowglobe/train';
import { chooseFamily, makeWorld, openRecordings, recordWorld, trainWorld } from '@snowglobe/train';
import { dungeon } from '@snowglobe/worlds';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { recordingsOf } from '../measure/recordings.js';
import { QuantizationStudy } from './study.js';

/** From a simulated game in first person to a small world: what is found, trained, measured, quantized and played. */
const executor = createNodeOnnxExecutor({ threads: 1 });
const provenance = { command: 'test', seeds: [1], hours: 0, machine: 'test', data: 'none', licences: [] };
let folder: string;
let data: ClipDataset;
let held: ClipDataset;
let file: WorldFile;

async function record(seed: number, clips: number): Promise<ClipDataset> {
  const to = join(folder, `clips${seed}`);
  await recordWorld(dungeon, { folder: to, clips, frames: 60, seed });
  return openRecordings(to, { width: 64, height: 64, cacheFolder: join(folder, 'cache') });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-poses-'));
  [data, held] = [await record(3, 12), await record(4, 4)];
});
afterAll(async () => {
  data.close();
  held.close();
  await executor.close();
  await rm(folder, { recursive: true, force: true });
});

/** The 8x8 patches of all frames, as text. */
function patchesOf(of: ClipDataset): string[] {
  return of.clips.flatMap((clip, i) => {
    const rgb = Buffer.from(of.frames(i, 0, clip.frames));
    return Array.from({ length: clip.frames * 64 }, (_, place) => {
      const [frame, row, column] = [place >> 6, (place >> 3) & 7, place & 7];
      return Array.from({ length: 8 }, (__, y) => {
        const from = ((frame * 64 + row * 8 + y) * 64 + column * 8) * 3;
        return rgb.toString('latin1', from, from + 24);
      }).join('');
    });
  });
}

it('is chosen where key logs tell a heading, with the grid that it is drawn in, and trained', async () => {
  const { family, findings, remark } = await chooseFamily(data, { name: 'auto', actions: 'true' });
  expect(family.name).toBe('patches');
  expect(remark).toMatch(/patches of 8x8 pixels from \(0, 0\)/);
  expect(findings).toMatchObject({ view: { top: 0, left: 0, rows: 7, columns: 8 } });
  const { poses } = findings as { poses: { motions: number[][] } };
  const [still, ...motions] = poses.motions.map(String);
  expect(still).toBe('0,0,0');
  expect(motions.sort()).toEqual(['-1,0,0', '0,0,1', '0,0,3', '1,0,0']);
  const trained = await trainWorld(data, {
    ...{ family: family.name, findings, preset: 'micro', actions: 'true', seed: 1, executor },
    ...{ stages: ['motion', 'dynamics'], folder: join(folder, 'run') },
    plan: { motion: { steps: 150 }, dynamics: { steps: 250 } },
  });
  file = await makeWorld(data, trained, { provenance });
  expect(file.metadata).toMatchObject({ family: 'patches', actionNames: data.actionNames });
}, 240_000);

it('is drawn of few patches, which draw other levels as well', () => {
  const known = new Set(patchesOf(data));
  expect(known.size).toBeLessThan(600);
  const others = patchesOf(held);
  const exact = others.filter((patch) => known.has(patch)).length / others.length;
  expect(exact).toBeGreaterThan(0.99);
});

it('is evaluated: cells by whether the pose was seen before, motion, rollouts', async () => {
  const { store } = openWeights(executor, file, 'test');
  const options = { executor, store, seed: 1, stride: 25, prefill: 2, longSteps: 10 };
  const { figures } = await evaluateWorld(held, file.model, options);
  store.close();
  const values = Object.fromEntries(figures.map(({ name, value }) => [name, value]));
  expect(values['samePoseCells']).toBeGreaterThan(0.6);
  expect(values['newPoseCells']).toBeGreaterThan(0.3);
  expect(values['newPoseFrames']).toBeLessThan(values['samePoseFrames']!);
  expect(values['motion']).toBeGreaterThan(0.45);
});

it('is quantized, written, read, played, and goes on from a snapshot as it did', async () => {
  const { store } = openWeights(executor, file, 'test');
  const recordings = await recordingsOf(held, file.model, { executor, store, starts: 4 });
  store.close();
  const prompts = recordings.map(({ frames }) => frames.subarray(0, 64 * 64 * 3));
  const study = await QuantizationStudy.open(file, { executor, prompts, recordings, seed: 3, runs: 4 });
  await study.calibrate();
  expect([...study.layers.keys()]).toContain('dynamics/block0/beside/kv/weight');
  const small = await study.quantize(study.uniform('w8a16', 'gptq'));
  const { parts } = await study.measure(small);
  expect(Object.keys(parts)).toEqual(['codes', 'motion']);
  await study.close();
  const again = decodeWorld(encodeWorld(small.file), 'again');
  const world = await World.create(again, 'again', async () => createNodeOnnxExecutor({ threads: 1 }));
  const prompt = { width: 64, height: 64, data: held.frames(0, 0, 1) };
  const session = await world.start({ prompt, seed: 5 });
  const walk = ['right', 'up', 'up', 'left', 'left', 'left', 'left', 'down'];
  for (const action of walk) await session.step(action);
  const before = await session.snapshot();
  const play = async () => {
    const codes: number[][] = [];
    for (const action of walk) codes.push([...(await session.step(action, { codes: true })).codes!]);
    return codes;
  };
  const first = await play();
  await session.restore(before);
  expect(await play()).toEqual(first);
  await world.close();
});
