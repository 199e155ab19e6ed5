/** What a world is told while it is played: wherever it runs, and whenever it is played again. */
import { MessageChannel } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNodeOnnxExecutor } from '../node/onnx.js';
import type { Port } from '../remote/channel.js';
import { RemoteWorld, hostWorld, portChannel } from '../remote/index.js';
import { decodeReplay, encodeReplay } from '../replay/replay.js';
import { eventfulPatches, untrainedPatches } from '../testing/untrained_patches.js';
import { Timeline } from './timeline.js';
import { World } from './world.js';

const [width, height] = [32, 32];
const prompt = { width, height, data: new Uint8Array(width * height * 3).map((_, i) => (i * 61) % 256) };
const start = { prompt, seed: 3 };
const open = (file = eventfulPatches()) =>
  World.create(file, 'w', async () => createNodeOnnxExecutor({ threads: 1 }));
const script = [1, 2, 3, 4, 5, 1, 1, 0];
const night = 3;

let world: World;
beforeAll(async () => {
  world = await open();
});
afterAll(() => world.close());

/** Frames of a walk in which night falls after frame 3, or of one in which nothing is told. */
async function walk(tells: boolean) {
  const session = await world.start(start);
  const frames = [];
  for (const [at, action] of script.entries()) {
    if (tells && at === night) expect(session.tell('Night falls!')).toBe('night falls');
    frames.push(await session.step(action));
  }
  return { session, frames };
}
const pixels = (frames: readonly { rgba: Uint8ClampedArray }[]) => frames.map(({ rgba }) => [...rgba]);

describe('a session', () => {
  it('does what it is told in the next frame, and says so', async () => {
    expect(world.events).toEqual(['night falls', 'the day breaks']);
    const [told, untold] = [await walk(true), await walk(false)];
    expect(pixels(told.frames).slice(0, night)).toEqual(pixels(untold.frames).slice(0, night));
    expect([...told.frames[night]!.rgba]).not.toEqual([...untold.frames[night]!.rgba]);
    expect(told.frames.map(({ told: event }) => event)).toEqual([
      ...[undefined, undefined, undefined, 'night falls', undefined, undefined, undefined, undefined],
    ]);
    // The same as an option of the step, which comes before what was told.
    const session = await world.start(start);
    const frames = [];
    for (const [at, action] of script.entries()) {
      if (at === night) session.tell('the day breaks');
      frames.push(await session.step(action, { tell: at === night ? 'falls' : undefined }));
    }
    expect(pixels(frames)).toEqual(pixels(told.frames));
  });

  it('goes on as it was when nobody understands, and tells what is left to tell when a step fails', async () => {
    const expected = await walk(true);
    const session = await world.start(start);
    const frames = [];
    for (const [at, action] of script.entries()) {
      expect(() => session.tell('a comet')).toThrow(`tell: 'comet' is not known here`);
      if (at === night) {
        session.tell('night');
        await expect(session.step('fly')).rejects.toThrow('fly');
      }
      await expect(session.step(action, { tell: '' })).rejects.toThrow('tell: it has no word');
      frames.push(await session.step(action));
    }
    expect(pixels(frames)).toEqual(pixels(expected.frames));
    const silent = await open(untrainedPatches());
    expect(silent.events).toEqual([]);
    const mute = await silent.start(start);
    expect(() => mute.tell('night falls')).toThrow('tell: this world knows no events');
    await silent.close();
  });

  it('is wound back over what was told, and forgets what is not stepped to', async () => {
    const expected = await walk(true);
    const timeline = new Timeline(await world.start(start), { every: 3 });
    for (const [at, action] of script.entries()) {
      if (at === night) timeline.tell('night falls');
      await timeline.step(action);
    }
    for (const index of [6, 5, 4]) {
      expect([...(await timeline.rewind(index)).rgba]).toEqual([...expected.frames[index - 1]!.rgba]);
    }
    // Other sessions take its state out of the engine meanwhile.
    await walk(false);
    for (const [at, action] of script.slice(4).entries()) {
      expect([...(await timeline.step(action)).rgba]).toEqual([...expected.frames[4 + at]!.rgba]);
    }
    const snapshot = await expected.session.snapshot();
    expected.session.tell('the day breaks');
    await expected.session.restore(snapshot);
    const next = await expected.session.step(2);
    expect(next.told).toBeUndefined();
    expect([...(await (await world.resume(snapshot)).step(2)).rgba]).toEqual([...next.rgba]);
  });
});

it('a replay tells what was told', async () => {
  const { frames } = await walk(true);
  const sampling = { seed: 3, temperature: 1, confidenceThreshold: 0 };
  const replay = { world: 'w', prompt, fps: 8, actions: script, ...sampling };
  const text = encodeReplay({ ...replay, told: [[night, 'night falls']] });
  expect(JSON.parse(text)).toMatchObject({ version: 2, told: [[night, 'night falls']] });
  const again = decodeReplay(text, 'r.json');
  const told = new Map(again.told);
  const session = await world.start(again);
  for (const [at, action] of again.actions.entries()) {
    const { rgba } = await session.step(action, { tell: told.get(at) });
    expect([...rgba]).toEqual([...frames[at]!.rgba]);
  }
  // Where nothing was told, programs that know no events play it.
  expect(JSON.parse(encodeReplay(replay))).toMatchObject({ version: 1 });
  expect(decodeReplay(encodeReplay(replay), 'r.json').told).toBeUndefined();
  for (const bad of [[['x', 'night']], [[1]], [[-1, 'night']], [[1, '']], [[1, 'x'.repeat(401)]], 'night']) {
    const broken = JSON.stringify({ ...(JSON.parse(text) as object), told: bad });
    expect(() => decodeReplay(broken, 'r.json')).toThrow(/is no replay: the field 'told/);
  }
});

it('over a channel it is told the same, and says what it knows', async () => {
  const { port1, port2 } = new MessageChannel();
  const channels = [port1, port2].map((port) => portChannel(port as unknown as Port));
  hostWorld(channels[1]!, { open: async () => ({ world, executors: [], release: async () => {} }) });
  const remote = await RemoteWorld.connect(channels[0]!, { world: 'w' });
  expect(remote.info.events).toEqual(world.events);
  expect(remote.eventMeant('falls')).toBe('night falls');
  expect(() => remote.eventMeant('a comet')).toThrow(/is not known here/);
  const { frames } = await walk(true);
  await remote.start(start);
  for (const [at, action] of script.entries()) {
    await expect(remote.step(action, { tell: 'a comet' })).rejects.toThrow(`'comet' is not known here`);
    const frame = await remote.step(action, at === night ? { tell: 'night falls' } : {});
    expect([...frame.rgba]).toEqual([...frames[at]!.rgba]);
    expect(frame.told).toBe(at === night ? 'night falls' : undefined);
  }
  await expect(remote.step(0, { tell: 'x'.repeat(3000) })).rejects.toThrow(/^step: the field 'tell'/);
  remote.close();
});
