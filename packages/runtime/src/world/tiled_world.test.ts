import { MessageChannel } from 'node:worker_threads';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createNodeOnnxExecutor } from '../node/onnx.js';
import type { Port } from '../remote/channel.js';
import { RemoteWorld, hostWorld, portChannel } from '../remote/index.js';
import { untrainedPatches } from '../testing/untrained_patches.js';
import { untrainedWorld } from '../testing/untrained_world.js';
import type { Session } from './session.js';
import { Timeline } from './timeline.js';
import { World } from './world.js';

/** Worlds whose frames are made of tiles, and that remember a map: what can be asked of them beside frames. */

const file = untrainedPatches();
const [width, height] = [32, 32];
const prompt = { width, height, data: new Uint8Array(width * height * 3).map((_, i) => (i * 61) % 256) };
const script = [1, 2, 3, 4, 5, 1, 1, 0, 2];

let world: World;
beforeAll(async () => {
  world = await World.create(file, 'w', async () => createNodeOnnxExecutor({ threads: 1 }));
});
afterAll(() => world.close());

async function walked(steps = script): Promise<Session> {
  const session = await world.start({ prompt, seed: 3 });
  for (const action of steps) await session.step(action);
  return session;
}

it('goes on from a snapshot as from where it was taken, with its map', async () => {
  const session = await walked();
  const snapshot = await session.snapshot();
  const map = await session.map();
  const next = await session.step(2);
  const resumed = await world.resume(snapshot);
  expect(await resumed.map()).toEqual(map);
  expect((await resumed.step(2)).rgba).toEqual(next.rgba);
  await session.restore(snapshot);
  expect(await session.map()).toEqual(map);
});

it('refuses codes that no table of the world has, and numbers of another kind', async () => {
  const { state, ...snapshot } = await (await walked()).snapshot();
  const codes = state['play/codes'] as Int32Array;
  for (const [odd, name] of [
    [codes.with(3, 24), 'play/codes'],
    [codes.with(3, -1), 'play/codes'],
    [Float32Array.from(codes), 'play/codes'],
    [(state['play/ages'] as Int32Array).with(0, 64), 'play/ages'],
    [(state['play/map'] as Int32Array).with(0, 2 ** 30), 'play/map'],
  ] as const) {
    const most = name === 'play/ages' ? 63 : 23;
    await expect(world.resume({ ...snapshot, state: { ...state, [name]: odd } })).rejects.toThrow(
      new RegExp(
        `its '${name}' is not what this world needs \\(\\(1, \\d+\\) whole numbers from 0 to ${most}\\)`,
      ),
    );
  }
});

it('tells the codes of any frame: of the prompt, of one that was drawn, of one that was gone back to', async () => {
  const timeline = new Timeline(await world.start({ prompt, seed: 3 }));
  const seen = [await timeline.codes()];
  for (const action of script) {
    const { codes } = await timeline.step(action, { codes: true });
    seen.push(codes!);
    expect(await timeline.codes()).toEqual(codes);
  }
  for (const index of [5, 0]) {
    await timeline.rewind(index);
    expect(await timeline.codes()).toEqual(seen[index]);
  }
});

it('previews a picture as its nearest tiles, and what it drew as it is', async () => {
  const session = await walked();
  const drawn = await session.step(1, { codes: true });
  const own = world.preview({ width, height, data: drawn.rgba });
  expect([...own.codes!]).toEqual([...drawn.codes!]);
  expect(own.rgba).toEqual(drawn.rgba);
  const odd = world.preview(prompt);
  expect(odd.rgba).not.toEqual(world.preview({ width, height, data: drawn.rgba }).rgba);
  // What is made of tiles already stays as it is.
  expect(world.preview({ width, height, data: odd.rgba }).codes).toEqual(odd.codes);
  const started = await world.start({ prompt });
  expect(await started.codes()).toEqual(odd.codes);
});

it('remembers more of the world from frame to frame, and less again when it is wound back', async () => {
  const seenIn = async (from: { map(): Promise<{ rgba: Uint8ClampedArray } | undefined> }) =>
    (await from.map())!.rgba.filter((value, i) => i % 4 === 3 && value === 255).length;
  const timeline = new Timeline(await world.start({ prompt, seed: 3 }));
  const counts = [await seenIn(timeline)];
  for (let i = 0; i < 20; i++) {
    await timeline.step(i % 5);
    counts.push(await seenIn(timeline));
  }
  expect(counts[0]).toBe(30);
  expect(counts.at(-1)).toBeGreaterThan(30);
  await timeline.rewind(4);
  expect(await seenIn(timeline)).toBe(counts[4]);
});

it('says the same over a channel', async () => {
  const { port1, port2 } = new MessageChannel();
  const channels = [port1, port2].map((port) => portChannel(port as unknown as Port));
  hostWorld(channels[1]!, { open: async () => ({ world, executors: [], release: async () => {} }) });
  const remote = await RemoteWorld.connect(channels[0]!, { world: 'w', codes: true });
  const view = { top: 0, left: 0, rows: 5, columns: 6 };
  expect(remote.info).toMatchObject({ tiles: { rows: 6, columns: 6, count: 23, view }, hasMap: true });

  const session = await world.start({ prompt, seed: 3 });
  const { frame } = await remote.start({ prompt, seed: 3 });
  expect([...frame.codes!]).toEqual([...(await session.codes())]);
  for (const action of script) {
    const drawn = await session.step(action, { codes: true });
    expect([...(await remote.step(action)).codes!]).toEqual([...drawn.codes!]);
    expect(await remote.map()).toEqual(await session.map());
  }
  const back = await remote.rewind(4);
  expect([...back.codes!]).toEqual([...(await (await walked(script.slice(0, 4))).codes())]);
  const resumed = await remote.resume(await remote.snapshot());
  expect([...resumed.frame.codes!]).toEqual([...back.codes!]);
  const { codes, rgba } = world.preview(prompt);
  expect(await remote.preview(prompt)).toMatchObject({ codes, rgba });
  remote.close();
});

it('a world that paints its frames has neither map nor tiles', async () => {
  const painted = await World.create(untrainedWorld(), 'p', async () =>
    createNodeOnnxExecutor({ threads: 1 }),
  );
  const session = await painted.start({ prompt });
  expect(await session.map()).toBeUndefined();
  await expect(session.codes()).rejects.toThrow('frames of this world are not made of tiles');
  expect(painted.preview(prompt).rgba).toEqual(session.first.rgba);
  await painted.close();
});
