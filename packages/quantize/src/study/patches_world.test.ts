/** From video of a game made of patches to a small world: what is chosen, trained, measured, quantized and played. */
import type { WorldFile } from '@snowglobe/model';
import { meadowRecordings } from '@snowglobe/model/testing';
import { measureWorld } from '@snowglobe/eval';
import { createNodeOnnxExecutor, openWeights, World } from '@snowglobe/runtime';
import { actionTable } from '@snowglobe/runtime/internal';
import { chooseFamily, makeWorld, openRecordings, trainProbe, trainWorld } from '@snowglobe/train';
import { writeVideo } from '@snowglobe/train/internal';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
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

/** As many kinds of events as the meadow has: the four ways to move, and none. */
const latentActions = 5;

describe.each(['true', 'latent'] as const)('a world of patches with %s actions', (actions) => {
  it('is chosen where recordings are made of patches, and trained', async () => {
    const { family, findings, remark } = await chooseFamily(made.data, { name: 'auto', actions });
    expect(family.name).toBe('patches');
    expect(remark).toMatch(/^family patches: patches of 6x6 pixels .* a codebook of 13 draws 100.00 %/);
    const accuracy: number[] = [];
    const trained = await trainWorld(made.data, {
      ...{ family: family.name, findings, preset: 'micro', actions, seed: 1, executor: made.executor },
      plan: { motion: { steps: 300 }, prior: { steps: 200 }, dynamics: { steps: 250 } },
      folder: join(made.folder, `run ${actions}`),
      onProgress: ({ stage, metrics }) => stage === 'dynamics' && accuracy.push(metrics['seen']!),
    });
    expect(accuracy.at(-1)).toBeGreaterThan(0.88);
    file = await makeWorld(made.data, trained, { provenance });
    expect(file.metadata).toMatchObject({ family: 'patches', actionNames: made.data.actionNames });
    if (actions === 'true') return;
    expect(file.model.actions).toEqual({ count: latentActions, areLatent: true, states: 1 });
    // Nobody can see whether a wall was walked into or nothing was done: those stand for one code.
    expect(new Set(file.metadata.codeToAction)).toEqual(new Set(made.data.actionNames));
  });

  it('is evaluated: cells by what was known of them, motion, rollouts, and what actions tell', async () => {
    const { figures, rolloutTruePsnr, rolloutLatentPsnr, latentActions } = await made.evaluate(file, {
      actionNames: made.data.actionNames,
      train: (model, how) => trainProbe(made.data, model, { ...how, steps: 150 }),
    });
    const values = Object.fromEntries(figures.map(({ name, value }) => [name, value]));
    expect(values['seenCells']).toBeGreaterThan(0.97);
    expect(values['motion']).toBeGreaterThan(0.9);
    // What comes into view is known to nobody: one of nine kinds of ground.
    expect(values['newCells']).toBeLessThan(0.5);
    expect((actions === 'true' ? rolloutTruePsnr : rolloutLatentPsnr)!).toBeGreaterThan(10);
    if (actions === 'true') return void expect(latentActions).toBeUndefined();
    const { mutualInformationBits, reader } = latentActions!;
    expect(mutualInformationBits).toBeGreaterThan(1);
    // These recordings are all that it learned from: it knows some of what nobody can see by heart.
    expect(reader!.crossEntropyBits).toBeGreaterThan(1);
  });

  it('is measured beside itself without its memory', async () => {
    const { store } = openWeights(made.executor, file, 'test');
    const { memory } = await measureWorld(made.data, file.model, {
      ...{
        executor: made.executor,
        store,
        world: file,
        seed: 1,
        temperature: 1,
        confidenceThreshold: 0,
        starts: 2,
      },
      ...{ keys: actionTable(file), actionNames: made.data.actionNames, memory: true },
    });
    store.close();
    // No recording is long enough to come back after 300 frames.
    expect(memory!.spans).toHaveLength(1);
    expect(Object.keys(memory!.spans[0]!.controls!)).toEqual(['memory']);
  });

  it('goes where it is asked to', async () => {
    const world = await World.create(file, 'test', async () => createNodeOnnxExecutor({ threads: 1 }));
    let moved = 0;
    for (const way of ['left', 'right'] as const) {
      for (let clip = 0; clip < 6; clip++) {
        const pixels = made.data.frames(clip, 30, 1);
        const prompt = { width: made.data.width, height: made.data.height, data: pixels };
        const session = await world.start({ prompt, temperature: 0 });
        let { codes: before } = await session.step(way, { codes: true });
        for (let i = 0; i < 2; i++) {
          const { codes: after } = await session.step(way, { codes: true });
          if (scrolled(before!, after!, way)) moved++;
          before = after;
        }
      }
    }
    await world.close();
    // A wall stops whoever walks into it.
    expect(moved).toBeGreaterThan(3);
  });

  it('is quantized, written, read and played, of patches alone', async () => {
    const { layers, eight, four, world } = await made.quantize(file);
    expect(layers).toContain('dynamics/block0/mlp/up/weight');
    // Pictures stay what they are.
    expect(layers.filter((name) => name.startsWith('patches/'))).toEqual([]);
    expect(eight.klMean).toBeLessThan(four.klMean);
    expect(Object.keys(eight.parts)).toEqual([
      ...['codes', 'motion'],
      ...(actions === 'latent' ? ['prior'] : []),
    ]);
    const session = await world.start({
      prompt: { width: made.data.width, height: made.data.height, data: made.data.frames(0, 0, 1) },
    });
    const { rgba, codes } = await session.step('left', { codes: true });
    expect(codes).toHaveLength(25);
    expect(rgba).toHaveLength(made.data.width * made.data.height * 4);
    await world.close();
  });
});

/** Whether most of the view, four rows of five cells, is what it was a cell farther. */
function scrolled(before: ArrayLike<number>, after: ArrayLike<number>, way: 'left' | 'right'): boolean {
  const right = way === 'right' ? 1 : -1;
  let [same, seen] = [0, 0];
  for (let cell = 0; cell < 20; cell++) {
    const column = (cell % 5) + right;
    if (column < 0 || column > 4 || cell === 12 || cell + right === 12) continue;
    seen++;
    if (before[cell + right] === after[cell]) same++;
  }
  return same > 0.8 * seen;
}
