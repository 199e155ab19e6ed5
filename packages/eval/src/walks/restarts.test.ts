import type { Recordings } from '@snowglobe/model';
import { createNodeOnnxExecutor, openWeights, World } from '@snowglobe/runtime';
import { untrainedPatches } from '@snowglobe/runtime/testing';
import { afterAll, expect, it } from 'vitest';
import { openWorldWalker } from './world_walker.js';

const executor = createNodeOnnxExecutor({ threads: 1 });
afterAll(() => executor.close());

const [width, height] = [32, 32];
const size = width * height * 3;
const prompts = [61, 67, 71].map((step) => new Uint8Array(size).map((_, i) => (i * step) % 256));
const data: Recordings = {
  ...{ width, height, actionNames: [], totalFrames: prompts.length },
  clips: prompts.map((_, i) => ({ name: `clip ${i}`, frames: 1, hasActions: false })),
  frames: (clip) => prompts[clip]!,
  actions: (_, __, count) => Array.from({ length: count }, () => undefined),
  subset: () => data,
  sampleWindows: () => {
    throw new Error('not asked for here');
  },
};
const actionAt = (b: number, t: number): number => (t * 7 + 3 * b) % 6;
const length = 30;

/** Frames of a session, as bytes, and those that begin a game anew. */
async function played(world: World, b: number) {
  const session = await world.start({
    prompt: { width, height, data: prompts[b]! },
    seed: b,
    temperature: 1,
  });
  const frames = [];
  for (let t = 0; t < length; t++) frames.push(await session.step(actionAt(b, t), { codes: true }));
  await session.close();
  return frames;
}

it('games that are over begin anew, each when its own is, as sessions do', async () => {
  const plain = await World.create(untrainedPatches(), 'w', async () =>
    createNodeOnnxExecutor({ threads: 1 }),
  );
  const codes = (await played(plain, 0)).map((frame) => frame.codes!);
  await plain.close();
  // A patch that a cell shows first some frames after the beginning ends the game.
  const [cell, fatal] = [...codes[0]!.keys()].flatMap((each) =>
    [5, 6, 7, 8].flatMap((t) => {
      const shown = codes[t]![each]!;
      return codes.slice(0, t).every((before) => before[each] !== shown) ? [[each, shown] as const] : [];
    }),
  )[0]!;
  const file = untrainedPatches('map', {
    numbers: [
      {
        name: 'health',
        cell,
        values: Array.from({ length: 23 }, (_, patch) => [patch, patch === fatal ? 0 : 3]),
      },
    ],
    end: { readout: 'health', atMost: 0 },
  });
  const world = await World.create(file, 'w', async () => createNodeOnnxExecutor({ threads: 1 }));
  const sessions = [await played(world, 0), await played(world, 1), await played(world, 2)];
  await world.close();

  const { store } = openWeights(executor, file, 'test');
  const how = { executor, store, temperature: 1, confidenceThreshold: 0, batch: 3 };
  const walk = {
    starts: prompts.map((_, clip) => ({ clip, frame: 0 })),
    ...{ length, seeds: [0, 1, 2] },
    actions: (t: number) => prompts.map((_, b) => actionAt(b, t)),
  };
  const begun = prompts.map((): number[] => []);
  const walker = await openWorldWalker(data, file.model, { ...how, world: file });
  await walker.walk(walk, (t, shown, anew) => {
    shown.forEach((frame, b) => {
      const { rgba } = sessions[b]![t]!;
      expect(frame, `frame ${t} of walk ${b}`).toEqual(Uint8Array.from(rgba.filter((_, i) => i % 4 < 3)));
      if (anew![b]) begun[b]!.push(t);
    });
  });
  await walker.close();
  expect(begun[0]!.length).toBeGreaterThan(0);
  sessions.forEach((frames, b) => {
    const ends = frames.flatMap(({ ended }, t) => (ended && t + 1 < length ? [t + 1] : []));
    expect(begun[b]).toEqual(ends);
  });

  // Nobody looks for an end without the world's art.
  const endless = await openWorldWalker(data, file.model, how);
  await endless.walk(walk, (_, __, anew) => expect(anew).toEqual([]));
  await endless.close();
  store.close();
});
