import { copyFile, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeSafetensors, encodeSafetensors } from '@snowglobe/model/internal';
import { createNodeOnnxExecutor } from '@snowglobe/runtime';
import { platformer } from '@snowglobe/worlds';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClipDataset } from '../data/index.js';
import { openRecordings, recordWorld } from '../data/index.js';
import { checkpointPath } from '../loop/checkpoint.js';
import { makeWorld } from './make_world.js';
import type { TrainOptions } from './train_options.js';
import { trainWorld } from './pipeline.js';

let folder: string;
const executor = createNodeOnnxExecutor({ threads: 1 });
const at = (...names: string[]): string => join(folder, ...names);

const open = (name: string): Promise<ClipDataset> =>
  openRecordings(at(name), { width: 32, height: 32, cacheFolder: at('cache') });

const steps = { steps: 2 };
const plan: TrainOptions['plan'] = {
  ...{ tokenizer: steps, motion: steps, prior: steps, delta: steps },
  actions: { steps: 2, starts: 2 },
  dynamics: { ...steps, frames: 60 },
};
const train = (data: ClipDataset, run: string, more: Partial<TrainOptions> = {}) =>
  trainWorld(data, {
    ...{ preset: 'micro', actions: 'latent', plan, seed: 1, folder: at(run), executor },
    ...more,
  });
const provenance = { command: 'test', seeds: [1], hours: 0, machine: 'test', data: 'none', licences: [] };

let data: ClipDataset;
/** Other pictures in files of the same names, as long as the first ones. */
let others: ClipDataset;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-pipeline-'));
  await recordWorld(platformer, { folder: at('clips'), clips: 2, frames: 30, seed: 3 });
  await recordWorld(platformer, { folder: at('new'), clips: 2, frames: 30, seed: 4 });
  data = await open('clips');
  await recordWorld(platformer, { folder: at('others'), clips: 2, frames: 30, seed: 3 });
  const [from, to] = await Promise.all([readdir(at('new')), readdir(at('others'))]);
  for (const [i, name] of from.sort().entries()) await copyFile(at('new', name), at('others', to.sort()[i]!));
  others = await open('others');
});

afterAll(async () => {
  data.close();
  others.close();
  await executor.close();
  await rm(folder, { recursive: true, force: true });
});

describe('stages in sessions of their own', () => {
  it('the last one makes a world of what the others left, and trains nothing else', async () => {
    await expect(train(data, 'run', { stages: ['dynamics'] })).rejects.toThrow(
      'the dynamics stage needs the actions stage, which has no checkpoint',
    );
    const early = await train(data, 'run', { stages: ['tokenizer', 'actions', 'motion', 'prior'] });
    expect(early.finished).toBe(true);
    await expect(makeWorld(data, early, { provenance })).rejects.toThrow('delta has not been trained');
    await train(data, 'run', { stages: ['delta'] });
    const before = await readFile(checkpointPath(at('run'), 'delta'));

    const remarks: string[] = [];
    const { store, missing, results, seconds, ...last } = await train(data, 'run', {
      stages: ['dynamics'],
      onRemark: (remark) => remarks.push(remark),
    });
    expect(last.finished).toBe(true);
    expect(missing).toEqual([]);
    expect(Object.keys(results)).toEqual(['dynamics']);
    expect(Object.keys(seconds).sort()).toEqual(
      ['actions', 'delta', 'dynamics', 'motion', 'prior', 'tokenizer'].sort(),
    );
    expect(await readFile(checkpointPath(at('run'), 'delta'))).toEqual(before);
    const world = await makeWorld(data, { store, missing, results, seconds, ...last }, { provenance });

    // All at once gives the same world: nothing depends on which session a stage was trained in.
    const whole = await makeWorld(data, await train(data, 'whole'), { provenance });
    expect([...world.tensors.keys()]).toEqual([...whole.tensors.keys()]);
    for (const [name, { data: weights }] of whole.tensors) {
      expect(world.tensors.get(name)!.data, name).toEqual(weights);
    }
  }, 120_000);

  it('a session that cannot make a world says so when it begins', async () => {
    const remarks: string[] = [];
    const { missing } = await train(data, 'parts', {
      stages: ['actions', 'delta', 'dynamics'],
      onRemark: (remark) => remarks.push(remark),
    });
    expect(missing).toEqual(['tokenizer', 'motion', 'prior']);
    expect(remarks[0]).toContain('has no checkpoint of tokenizer, motion, prior');
  });
});

describe('what was learned from', () => {
  it('is known by its pictures, not by its names', () => {
    expect(others.clips).toEqual(data.clips);
    expect(others.contentHash()).not.toBe(data.contentHash());
    expect(data.subset([0]).contentHash()).not.toBe(data.contentHash());
    expect(data.subset([1, 0]).contentHash()).not.toBe(data.contentHash());
    expect(data.subset([0, 1]).contentHash()).toBe(data.contentHash());
    expect(data.contentHash({ labels: true })).not.toBe(data.contentHash());
  });

  it('a run goes on with the same recordings alone, and its motion is measured anew for others', async () => {
    const table = async () => readFile(at('same', 'motion-table.safetensors'));
    await train(data, 'same', { stages: ['actions', 'motion'] });
    const before = await table();
    await expect(train(others, 'same', { stages: ['motion'] })).rejects.toThrow(
      `in ${at('same', 'actions-0')} learned from other recordings (their frames, order or key logs differ from these); go on with those, or choose another run folder.`,
    );
    expect(await table()).not.toEqual(before);
    await train(data, 'same', { stages: ['actions', 'motion'] });
    expect(await table()).toEqual(before);
  });

  it('checkpoints that do not say are taken to be of these recordings, with a remark', async () => {
    await train(data, 'old', { stages: ['tokenizer'] });
    const path = checkpointPath(at('old'), 'tokenizer');
    const { tensors, metadata } = decodeSafetensors(await readFile(path), path);
    const { data: hash, ...state } = JSON.parse(metadata.get('checkpoint')!) as Record<string, unknown>;
    expect(hash).toBe(data.contentHash());
    await writeFile(path, encodeSafetensors(tensors, new Map([['checkpoint', JSON.stringify(state)]])));
    const remarks: string[] = [];
    const { finished } = await train(others, 'old', {
      stages: ['tokenizer'],
      onRemark: (remark) => remarks.push(remark),
    });
    expect(finished).toBe(true);
    expect(remarks).toEqual([
      'the checkpoint of tokenizer does not say which recordings it learned from; they are taken to be these',
    ]);
  });
});
