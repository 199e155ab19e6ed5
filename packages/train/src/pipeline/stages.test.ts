import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { presets } from '@snowglobe/model';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { checkpointPath } from '../loop/checkpoint.js';
import { planStages } from './stages.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-stages-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const latent = presets.micro;
const keys = {};

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
