import { evaluateReconstruction, scoreActions } from '@snowglobe/eval';
import type { Executor } from '@snowglobe/graph';
import type { FamilyTraining } from '@snowglobe/model';
import { defaultFamily } from '@snowglobe/model';
import { createNodeOnnxExecutor } from '@snowglobe/runtime';
import { platformer } from '@snowglobe/worlds';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClipDataset } from '../data/index.js';
import { openRecordings, recordWorld } from '../data/index.js';
import type { Progress } from '../loop/stage_options.js';
import { trainStage } from '../loop/stage.js';

let folder: string;
let data: ClipDataset;
let executor: Executor;
let training: FamilyTraining;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-stages-'));
  await recordWorld(platformer, { folder: join(folder, 'clips'), clips: 6, frames: 100, seed: 3 });
  data = await openRecordings(join(folder, 'clips'), {
    width: 64,
    height: 64,
    cacheFolder: join(folder, 'cache'),
  });
  executor = createNodeOnnxExecutor();
  training = await defaultFamily.fromPreset('micro', data).training();
});

afterAll(async () => {
  data.close();
  await executor.close();
  await rm(folder, { recursive: true, force: true });
});

/** Trains one stage for some steps, and finishes it. */
async function learn(name: string, steps: number, onProgress: (progress: Progress) => void = () => {}) {
  const store = executor.createStore();
  const session = training.open({ data, executor, store, seed: 1 });
  const stage = training.stages.find((each) => each.name === name)!;
  await trainStage({
    ...(await session.define(name, { steps })),
    ...{ name, executor, store, budget: { steps }, seed: 1, folder: join(folder, name), onProgress },
    trains: (parameter) => stage.trains(parameter),
  });
  await session.finish?.(name);
  return { store, session };
}

describe('stages on recorded video', () => {
  it('the tokenizer learns to reconstruct frames, and its evaluation agrees with its training', async () => {
    const psnr: number[] = [];
    const { store } = await learn('tokenizer', 60, ({ metrics }) => psnr.push(metrics['psnr']!));
    const last = psnr.at(-1)!;
    expect(last).toBeGreaterThan(psnr[0]! + 8);
    const again = await evaluateReconstruction(data, training.reconstruction!, {
      ...{ executor, store, stride: 10 },
    });
    expect(again.frames).toBe(60);
    expect(Math.abs(again.psnr - last)).toBeLessThan(2.5);
  });

  it('latent actions are found without labels, use every code and say something about the keys', async () => {
    const { session } = await learn('actions', 150);
    const codes = (await session.actions()) as readonly ArrayLike<number>[];
    expect(new Set(codes.flatMap((clip) => [...Array.from(clip)])).size).toBe(8);
    // Far above the bias of the estimate, (8 − 1)(6 − 1) / (2 · 594 · ln 2) = 0.04 bits.
    expect(scoreActions(data, codes, 8)!.mutualInformationBits).toBeGreaterThan(0.15);
  });
});
