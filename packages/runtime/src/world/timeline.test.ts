import { afterAll, beforeAll, expect, test } from 'vitest';
import { createNodeOnnxExecutor } from '../node/onnx.js';
import { untrainedWorld } from '../testing/untrained_world.js';
import { Timeline } from './timeline.js';
import { World } from './world.js';

const prompt = {
  width: 8,
  height: 8,
  data: Uint8Array.from({ length: 8 * 8 * 3 }, (_, i) => (i * 37) % 256),
};
const actions = ['right', 'left', 'none', 'up'];

let world: World;
beforeAll(async () => {
  world = await World.create(untrainedWorld(), 'test', async () => createNodeOnnxExecutor({ threads: 1 }));
});
afterAll(() => world.close());

async function walked(frames: number, options?: ConstructorParameters<typeof Timeline>[1]) {
  const timeline = new Timeline(await world.start({ prompt, seed: 3 }), options);
  const seen = [[...timeline.first.rgba]];
  for (let i = 0; i < frames; i++) seen.push([...(await timeline.step(actions[i % 4]!)).rgba]);
  return { timeline, seen };
}

test('goes back to any kept frame, and on from it exactly as before', async () => {
  const { timeline, seen } = await walked(30, { every: 4, most: 100 });
  for (const index of [29, 16, 13, 1, 0]) {
    const frame = await timeline.rewind(index);
    expect(frame.index).toBe(index);
    expect([...frame.rgba]).toEqual(seen[index]);
    expect(timeline.index).toBe(index);
  }
  for (let i = 0; i < 10; i++) expect([...(await timeline.step(actions[i % 4]!)).rgba]).toEqual(seen[i + 1]);
});

test('goes back to where it stands before a step was taken, just begun or brought here', async () => {
  const { timeline: begun, seen } = await walked(0);
  expect([...(await begun.rewind(0)).rgba]).toEqual(seen[0]);
  const { timeline: other, seen: later } = await walked(5);
  const brought = new Timeline(await world.resume(await other.snapshot()));
  await expect(brought.rewind(4)).rejects.toThrow(/frame 4 is not kept; go back to one of 5 to 5/);
  expect([...(await brought.rewind(5)).rgba]).toEqual(later[5]);
  const [there, here] = [await brought.step('up'), await other.step('up')];
  expect([there.index, ...there.rgba]).toEqual([6, ...here.rgba]);
  expect([...(await brought.rewind(5)).rgba]).toEqual(later[5]);
});

test('keeps so many snapshots and no more; what is older is refused, and play goes on', async () => {
  const { timeline, seen } = await walked(30, { every: 4, most: 3 });
  // Snapshots at 20, 24 and 28.
  expect(timeline.oldest).toBe(20);
  await expect(timeline.rewind(19)).rejects.toThrow(/frame 19 is not kept; go back to one of 20 to 30/);
  await expect(timeline.rewind(31)).rejects.toThrow(/frame 31/);
  await expect(timeline.rewind(NaN)).rejects.toThrow(/frame NaN/);
  expect([...(await timeline.rewind(22)).rgba]).toEqual(seen[22]);
  expect((await timeline.step('right')).index).toBe(23);
});

test('keeps no more bytes than it may, but always the last snapshot', async () => {
  const { state } = await (await world.start({ prompt, seed: 3 })).snapshot();
  const bytes = Object.values(state).reduce((sum, { byteLength }) => sum + byteLength, 0);
  const two = await walked(30, { every: 4, most: 100, mostBytes: 2.5 * bytes });
  expect(two.timeline.oldest).toBe(24);
  expect([...(await two.timeline.rewind(25)).rgba]).toEqual(two.seen[25]);
  const one = await walked(30, { every: 4, most: 100, mostBytes: 1 });
  expect(one.timeline.oldest).toBe(28);
});

test('an action that the world does not know leaves no trace', async () => {
  const { timeline, seen } = await walked(5, { every: 2, most: 10 });
  await expect(timeline.step('fly')).rejects.toThrow(/no 'fly'/);
  await timeline.step(actions[1]!);
  expect([...(await timeline.rewind(5)).rgba]).toEqual(seen[5]);
});
