import type { TrainingStage } from '@snowglobe/model';
import { defaultFamily } from '@snowglobe/model';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { checkpointPath } from '../loop/checkpoint.js';
import { planFor, planStages } from './stages.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-stages-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

let latent: readonly TrainingStage[];
let keys: readonly TrainingStage[];
beforeAll(async () => {
  const frame = { width: 32, height: 32, fps: 15 };
  latent = (await defaultFamily.fromPreset('micro', frame).training()).stages;
  keys = (await defaultFamily.fromPreset('micro', frame, { trueActions: 4 }).training()).stages;
});

async function leave(...stages: string[]): Promise<void> {
  for (const stage of stages) {
    const own = stage === 'actions' ? join(folder, 'actions-2') : folder;
    await mkdir(own, { recursive: true });
    await writeFile(checkpointPath(own, stage === 'actions' ? 'latent-actions' : stage), '');
  }
}

it('everything is trained where nothing is said', async () => {
  const { train, load, missing } = await planStages(latent, folder, {});
  expect([...train]).toEqual(['tokenizer', 'actions', 'motion', 'prior', 'delta', 'dynamics']);
  expect([load.size, missing.length]).toEqual([0, 0]);
  expect([...(await planStages(keys, folder, {})).train]).toEqual([
    'tokenizer',
    'motion',
    'delta',
    'dynamics',
  ]);
});

it('the last stage alone takes all others from the folder, and trains none of them', async () => {
  await leave('tokenizer', 'actions', 'motion', 'prior', 'delta');
  const { train, load, missing } = await planStages(latent, folder, { wanted: ['dynamics'] });
  expect([...train]).toEqual(['dynamics']);
  expect([...load]).toEqual(['tokenizer', 'actions', 'motion', 'prior', 'delta']);
  expect(missing).toEqual([]);
});

it('a stage that others wait for is named before the first step', async () => {
  await expect(planStages(latent, folder, { wanted: ['dynamics'] })).rejects.toThrow(
    `the dynamics stage needs the actions stage, which has no checkpoint in ${folder}; train it first, or with it (--stages actions,delta,dynamics).`,
  );
  await leave('actions');
  await expect(planStages(latent, folder, { wanted: ['motion', 'dynamics'] })).rejects.toThrow(
    '(--stages actions,motion,delta,dynamics)',
  );
  const { load, missing } = await planStages(latent, folder, { wanted: ['delta', 'dynamics'] });
  expect([...load]).toEqual(['actions']);
  expect(missing).toEqual(['tokenizer', 'motion', 'prior']);
  // Keys need not be discovered.
  expect((await planStages(keys, folder, { wanted: ['delta'] })).load.size).toBe(0);
});

it('a world to go on from has everything', async () => {
  const { train, load, missing } = await planStages(latent, folder, { wanted: ['dynamics'], hasBase: true });
  expect([[...train], load.size, missing]).toEqual([['dynamics'], 0, []]);
});

it('stages are named in any order, and one that there is not is told with those that there are', async () => {
  const { train } = await planStages(latent, folder, { wanted: ['delta', 'actions'] });
  expect([...train]).toEqual(['actions', 'delta']);
  await expect(planStages(keys, folder, { wanted: ['prior'] })).rejects.toThrow(
    "train: this world has no stage 'prior'; it has tokenizer, motion, delta, dynamics.",
  );
});

it('plans give each stage its share of the minutes, or what is asked for', () => {
  const plan = planFor(latent, 100, { motion: 3 });
  expect(plan).toMatchObject({
    ...{ tokenizer: { minutes: 34 }, motion: { minutes: 3 }, prior: { minutes: 3 }, delta: { minutes: 32 } },
    actions: { steps: 3300, starts: 4 },
    dynamics: { minutes: 100 * 0.14, frames: Math.ceil(1440 * 100 * 0.14) },
  });
  expect(() => planFor(latent, 100, { actions: 3 })).toThrow(
    "there is no stage 'actions' whose minutes can be set; these are tokenizer, motion, prior, delta, dynamics.",
  );
});

it('what is found without steps is found again, and needs no checkpoint', async () => {
  const finder: TrainingStage = { ...keys[0]!, name: 'numbers', finds: true };
  await leave(...keys.slice(0, -1).map(({ name }) => name));
  const { load, missing, makesWorld } = await planStages([finder, ...keys], folder, { wanted: ['dynamics'] });
  expect([load.has('numbers'), missing, makesWorld]).toEqual([true, [], true]);
  const alone = await planStages([finder, ...keys], folder, { wanted: ['numbers'], hasBase: true });
  expect([[...alone.train], alone.makesWorld]).toEqual([['numbers'], true]);
});
