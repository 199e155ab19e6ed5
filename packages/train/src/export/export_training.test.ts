import { decodeSafetensors } from '@snowglobe/model/internal';
import { meadowRecordings } from '@snowglobe/model/testing';
import { createNodeOnnxExecutor } from '@snowglobe/runtime';
import { expectClose } from '@snowglobe/runtime/testing';
import { platformer } from '@snowglobe/worlds';
import { cp, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClipDataset } from '../data/index.js';
import { openRecordings, recordWorld } from '../data/index.js';
import { writeVideo } from '../data/video_writer.js';
import { chooseFamily } from '../pipeline/choose_family.js';
import { trainWorld } from '../pipeline/pipeline.js';
import type { Plan } from '../pipeline/stages.js';
import type { TrainOptions } from '../pipeline/train_options.js';
import { exportTraining } from './export_training.js';
import { takeSteps } from './testing/take_steps.js';

const executor = createNodeOnnxExecutor({ threads: 1 });
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-steps-'));
});
afterAll(async () => {
  await executor.close();
  await rm(folder, { recursive: true, force: true });
});

/** Steps of every stage. */
const steps = 3;
const stages = ['tokenizer', 'actions', 'motion', 'prior', 'delta', 'dynamics'];
const plan: Plan = Object.fromEntries(stages.map((name) => [name, { steps, starts: 1, frames: 60 }]));

async function tensorsIn(path: string): Promise<ReadonlyMap<string, Float32Array>> {
  const { tensors } = decodeSafetensors(await readFile(path), path);
  return new Map([...tensors].map(([name, { data }]) => [name, data as Float32Array]));
}

/** Euclidean distance between tensors of the same names. */
function distance(
  names: readonly string[],
  a: ReadonlyMap<string, Float32Array>,
  b: ReadonlyMap<string, Float32Array>,
): number {
  let sum = 0;
  for (const name of names) {
    const [left, right] = [a.get(name)!, b.get(name)!];
    for (let i = 0; i < left.length; i++) sum += (left[i]! - right[i]!) ** 2;
  }
  return Math.sqrt(sum);
}

/** Trains a world, and each of its stages again by what is exported of it: all but those that say why not. */
async function compare(
  name: string,
  data: ClipDataset,
  base: Omit<TrainOptions, 'executor' | 'folder' | 'plan' | 'seed'>,
) {
  const whole = join(folder, name);
  const options = { ...base, seed: 3, executor };
  const losses = new Map<string, number[]>();
  const { training } = await trainWorld(data, {
    ...options,
    folder: whole,
    plan,
    onProgress: ({ stage, loss }) => void losses.set(stage, [...(losses.get(stage) ?? []), loss]),
  });
  const refused: Record<string, string> = {};
  const taken: string[] = [];
  for (const { name: stage, restarts } of training.stages) {
    // The run as it was before this stage.
    const run = join(folder, `${name}-${stage}`);
    const own = restarts === undefined ? `${stage}.` : `${stage}-`;
    await cp(whole, run, { recursive: true, filter: (path) => !basename(path).startsWith(own) });
    const out = join(run, 'step');
    const exported = await exportTraining(data, {
      ...{ ...options, folder: run, plan, stage, batches: steps, out },
    }).catch((error: Error) => error);
    if (exported instanceof Error) {
      refused[stage] = exported.message;
      expect(await readdir(run, { recursive: true })).not.toContain(join('step', 'manifest.json'));
      continue;
    }
    taken.push(stage);
    const { losses: again, state } = await takeSteps(out, { steps });
    // Operators for others round otherwise here and there.
    const expected = losses.get(exported.stage)!;
    expectClose(`losses of ${stage}`, Float64Array.from(again), Float64Array.from(expected), {
      relative: 1e-5,
    });
    const wanted = await tensorsIn(join(whole, exported.checkpoint.file));
    const begun = await tensorsIn(join(out, exported.initial));
    expect([...state.keys()].sort()).toEqual([...wanted.keys()].sort());
    const parameters = [...wanted.keys()].filter((key) => !key.startsWith('optimizer/'));
    const moved = distance(parameters, wanted, begun);
    expect(distance(parameters, wanted, state), `parameters of ${stage}`).toBeLessThanOrEqual(0.01 * moved);
  }
  return { taken, refused };
}

describe('every stage of a world', () => {
  it('of delta codes', async () => {
    await recordWorld(platformer, { folder: join(folder, 'clips'), clips: 2, frames: 30, seed: 3 });
    const data = await openRecordings(join(folder, 'clips'), {
      ...{ width: 32, height: 32, cacheFolder: join(folder, 'cache') },
    });
    const { taken, refused } = await compare('delta', data, { preset: 'micro', actions: 'latent' });
    data.close();
    expect(taken).toEqual(['tokenizer', 'actions', 'motion', 'prior', 'dynamics']);
    expect(refused).toEqual({
      delta: expect.stringContaining('the delta stage carries deltaChains from each step to the next'),
    });
  }, 180_000);

  it.each(['true', 'latent'] as const)(
    'of patches, with %s actions',
    async (actions) => {
      const meadow = meadowRecordings(4, 40, 2, true);
      const { width, height, actionNames } = meadow;
      const clips = join(folder, `meadow-${actions}`);
      await mkdir(clips);
      for (const [clip, { frames }] of meadow.clips.entries()) {
        const pictures = Array.from({ length: frames }, (_, t) => meadow.frames(clip, t, 1));
        await writeVideo(join(clips, `${clip}.mkv`), pictures, { width, height, fps: 8, lossless: true });
        const log = { actionNames, actions: [...meadow.actions(clip, 0, frames - 1), null] };
        await writeFile(join(clips, `${clip}.json`), JSON.stringify(log));
      }
      const data = await openRecordings(clips, { width, height, cacheFolder: join(folder, 'cache') });
      const { family, findings } = await chooseFamily(data, { name: 'patches', actions });
      const { taken, refused } = await compare(`patches-${actions}`, data, {
        ...{ family: family.name, findings, preset: 'micro', actions },
      });
      data.close();
      expect(taken).toEqual(actions === 'true' ? ['motion', 'dynamics'] : ['motion', 'prior', 'dynamics']);
      const takesNone = (stage: string): unknown =>
        expect.stringContaining(`the ${stage} stage takes no steps, it reads what it finds off`);
      expect(refused).toEqual(
        Object.fromEntries(['readouts', 'adjacency', 'movers'].map((stage) => [stage, takesNone(stage)])),
      );
    },
    180_000,
  );
});
