/** A world that is made ready for many sessions compiles nothing more when they come. */
import type { Executor } from '@snowglobe/graph';
import { expect, test } from 'vitest';
import { createNodeOnnxExecutor } from '../node/onnx.js';
import { untrainedWorld } from '../testing/untrained_world.js';
import { World } from './world.js';

const prompt = { width: 8, height: 8, data: Uint8Array.from({ length: 256 }, (_, i) => (i * 37) % 256) };

/** A world, and how many programs it has compiled. */
async function openCounted() {
  const counted = { programs: 0, fails: false };
  const open = async (): Promise<Executor> => {
    const inner = createNodeOnnxExecutor({ threads: 1 });
    return {
      ...{ kind: inner.kind, device: inner.device, lost: inner.lost },
      createStore: () => inner.createStore(),
      close: () => inner.close(),
      async compile(...given) {
        if (counted.fails) throw new Error('no memory for it');
        counted.programs++;
        return inner.compile(...given);
      },
    };
  };
  return { counted, world: await World.create(untrainedWorld(), 'tiny', open) };
}

/** Frames of so many sessions that step together. */
async function walk(world: World, count: number): Promise<string[]> {
  const begun = Array.from({ length: count }, (_, seed) => world.start({ prompt, seed, temperature: 1 }));
  const sessions = await Promise.all(begun);
  const seen: string[] = [];
  for (let i = 0; i < 3; i++) {
    const frames = await Promise.all(sessions.map((each) => each.step('right', { codes: true })));
    seen.push(...frames.map(({ index, codes }) => `${index} ${codes!.join()}`));
  }
  await Promise.all(sessions.map((each) => each.close()));
  return seen;
}

test('nothing is compiled when as many sessions come as it was made ready for, and all is as before', async () => {
  const [cold, warm] = await Promise.all([openCounted(), openCounted()]);
  const before = warm.counted.programs;
  await warm.world.prepare(8);
  const ready = warm.counted.programs;
  expect(ready).toBeGreaterThan(before + 3);
  await warm.world.prepare(8);
  const frames = await walk(warm.world, 8);
  await walk(warm.world, 5);
  expect(warm.counted.programs).toBe(ready);

  expect(await walk(cold.world, 8)).toEqual(frames);
  expect(cold.counted.programs).toBeGreaterThan(before);
  // While somebody plays, whose state moves with the others.
  const session = await cold.world.start({ prompt, seed: 3, temperature: 1 });
  const [first] = await Promise.all([session.step('right', { codes: true }), cold.world.prepare(40)]);
  const alone = frames.filter((_, i) => i % 8 === 3);
  const rest = [await session.step('right', { codes: true }), await session.step('right', { codes: true })];
  expect([first, ...rest].map(({ index, codes }) => `${index} ${codes!.join()}`)).toEqual(alone);
  await Promise.all([cold.world.close(), warm.world.close()]);
});

test('what cannot be made ready is played as before, and what is no number is told', async () => {
  const { world, counted } = await openCounted();
  counted.fails = true;
  await world.prepare(8);
  const session = await world.start({ prompt, seed: 3, temperature: 1 });
  expect((await session.step('right')).index).toBe(1);
  for (const none of [0, 1.5, NaN, '4' as never])
    await expect(world.prepare(none)).rejects.toThrow(/^prepare: sessions /);
  await world.close();
  await expect(world.prepare(2)).rejects.toThrow(/it was closed/);
});
