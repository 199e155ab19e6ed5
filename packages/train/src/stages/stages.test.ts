import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  assignCodes,
  contingencyTable,
  encodeClips,
  evaluateTokenizer,
  measureMotion,
  mutualInformationBits,
} from '@snowglobe/eval';
import type { LatentActionConfig, TokenizerConfig } from '@snowglobe/model';
import { defaultLatentActions } from '@snowglobe/model';
import type { Executor } from '@snowglobe/graph';
import { createNodeOnnxExecutor } from '@snowglobe/runtime';
import { platformer } from '@snowglobe/worlds';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClipDataset } from '../data/index.js';
import { openRecordings, recordWorld } from '../data/index.js';
import { trainStage } from '../loop/stage.js';
import { clusterCodes, latentActionStage } from './latent_actions.js';
import { tokenizerStage } from './tokenizer.js';

const tokenizer: TokenizerConfig = { channels: [8, 16, 32], headWidth: 16, levels: [8, 5, 5, 5], books: 2 };
const actions: LatentActionConfig = { ...defaultLatentActions, hidden: 48 };

let folder: string;
let data: ClipDataset;
let executor: Executor;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-stages-'));
  await recordWorld(platformer, { folder: join(folder, 'clips'), clips: 6, frames: 100, seed: 3 });
  data = await openRecordings(join(folder, 'clips'), {
    width: 64,
    height: 64,
    cacheFolder: join(folder, 'cache'),
  });
  executor = createNodeOnnxExecutor();
});

afterAll(async () => {
  data.close();
  await executor.close();
  await rm(folder, { recursive: true, force: true });
});

describe('stages on recorded video', () => {
  it('the tokenizer learns to draw frames, and its evaluation agrees with its training', async () => {
    const store = executor.createStore();
    let first: number | undefined;
    let last = 0;
    await trainStage({
      ...tokenizerStage(data, tokenizer),
      executor,
      store,
      budget: { steps: 60 },
      seed: 1,
      folder: join(folder, 'tokenizer'),
      onProgress: ({ metrics }) => {
        first ??= metrics['psnr']!;
        last = metrics['psnr']!;
      },
    });
    expect(last).toBeGreaterThan(first! + 8);
    const evaluation = await evaluateTokenizer(data, tokenizer, { executor, store, stride: 10 });
    expect(evaluation.frames).toBe(60);
    expect(Math.abs(evaluation.psnr - last)).toBeLessThan(2.5);
  });

  it('latent actions are found without labels, use every code and say something about the keys', async () => {
    const store = executor.createStore();
    const motion = await measureMotion(data, actions, { executor });
    await trainStage({
      ...latentActionStage(data, motion, actions),
      executor,
      store,
      budget: { steps: 150 },
      seed: 1,
      folder: join(folder, 'latent-actions'),
    });
    const encoded = await encodeClips(data, motion, actions, { executor, store });
    clusterCodes(encoded, actions, { store, seed: 1 });
    const codes = await assignCodes(encoded, store);
    const all = codes.flatMap((clip) => [...clip]);
    expect(new Set(all).size).toBe(actions.codes);
    const keys = codes.flatMap((clip, i) => data.actions(i, 0, clip.length) as number[]);
    const table = contingencyTable(all, keys, actions.codes, data.actionNames.length);
    // Far above the bias of the estimate, (8 − 1)(6 − 1) / (2 · 594 · ln 2) = 0.04 bits.
    expect(mutualInformationBits(table)).toBeGreaterThan(0.15);
  });
});
