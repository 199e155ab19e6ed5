import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Executor } from '@snowglobe/graph';
import { openBestDevice } from '../devices/node/index.js';
import { createNodeOnnxExecutor } from '../node/onnx.js';
import { createReferenceExecutor } from '../reference/reference.js';
import { RemoteWorld } from '../remote/client.js';
import { hostWorld } from '../remote/host.js';
import { socketPair } from '../remote/testing/channels.js';
import { decodeReplay, encodeReplay } from '../replay/replay.js';
import { LossyExecutor } from '../testing/lossy_executor.js';
import { untrainedPatches } from '../testing/untrained_patches.js';
import { createWebgpuExecutor } from '../webgpu/index.js';
import type { Frame } from './frame.js';
import { Timeline } from './timeline.js';
import { World } from './world.js';

/** Worlds whose frames tell numbers, and whose games end. */

const [width, height] = [32, 32];
const prompt = { width, height, data: new Uint8Array(width * height * 3).map((_, i) => (i * 61) % 256) };
/** Without chance, so that every game is the same. */
const start = { prompt, seed: 3, temperature: 0 };
const script = Array.from({ length: 24 }, (_, i) => (i * 7) % 6);
const onnx = async (): Promise<Executor> => createNodeOnnxExecutor({ threads: 1 });

/** A cell tells its patch; another one whether a game that was begun with the prompt has come to its fifth frame. */
let [cell, fatal, dies] = [0, 0, 0];
const worldOn = (open: () => Promise<Executor>): Promise<World> => {
  const patches = Array.from({ length: 23 }, (_, patch) => patch);
  const readouts = {
    numbers: [
      { name: 'patch', cell: 30, values: patches.slice(0, 20).map((patch) => [patch, patch] as const) },
      { name: 'health', cell, values: patches.map((patch) => [patch, patch === fatal ? 0 : 3] as const) },
    ],
    end: { readout: 'health', atMost: 0 },
  };
  return World.create(untrainedPatches('map', readouts), 'w', open);
};

async function walk(world: World, options: object = {}): Promise<Frame[]> {
  const session = await world.start({ ...start, ...options });
  const frames = [session.first];
  for (const action of script) frames.push(await session.step(action, { codes: true }));
  await session.close();
  return frames;
}

/** Frames as they were before any readout was known, with codes. */
let endless: Frame[];
let world: World;
beforeAll(async () => {
  const plain = await World.create(untrainedPatches(), 'w', onnx);
  endless = await walk(plain);
  const codes = [plain.preview(prompt).codes!, ...endless.slice(1).map((frame) => frame.codes!)];
  await plain.close();
  // What a cell shows first some frames after the beginning ends the game.
  for (let each = 0; each < 36 && dies === 0; each++) {
    for (let frame = 4; frame < 12 && dies === 0; frame++) {
      const shown = codes[frame]![each]!;
      if (codes.slice(0, frame).every((before) => before[each] !== shown))
        [cell, fatal, dies] = [each, shown, frame];
    }
  }
  expect(dies).toBeGreaterThan(3);
  world = await worldOn(onnx);
});
afterAll(() => world.close());

const pictures = (frames: readonly Frame[]) => frames.map(({ rgba }) => rgba);

describe.each<[string, () => Promise<Executor>]>([
  ['reference', async () => createReferenceExecutor()],
  ['onnx', onnx],
  ['webgpu', async () => createWebgpuExecutor((await openBestDevice()).opened!)],
])('on %s', (_, open) => {
  it('tells numbers with every frame, ends, and begins anew', async () => {
    const played = await worldOn(open);
    const frames = await walk(played);
    expect(frames[0]!.readouts).toEqual(world.preview(prompt).readouts);
    expect(frames[0]!.readouts!['health']).toBe(3);
    for (const { codes, readouts } of frames.slice(1)) {
      const patch = codes![30]!;
      expect(readouts!['patch']).toBe(patch < 20 ? patch : undefined);
      expect(readouts!['health']).toBe(codes![cell] === fatal ? 0 : 3);
    }
    const ended = frames.filter((frame) => frame.ended).map(({ index }) => index);
    expect(ended[0]).toBe(dies);
    expect(frames.every(({ ended: over, readouts }) => (over === true) === (readouts!['health'] === 0))).toBe(
      true,
    );
    expect(pictures(frames.slice(0, dies + 1))).toEqual(pictures(endless.slice(0, dies + 1)));
    // The next game is played with other keys from the same prompt.
    const session = await played.start(start);
    const again = [];
    for (const action of script.slice(dies, dies + 3)) again.push(await session.step(action));
    expect(pictures(frames.slice(dies + 1, dies + 4))).toEqual(pictures(again));
    await played.close();
  });
});

it('goes on where it is told to, and draws what it would without an end', async () => {
  const frames = await walk(world, { end: 'continue' });
  expect(pictures(frames)).toEqual(pictures(endless));
  expect(frames[dies]!.ended).toBe(true);
});

it('comes to the same frames from every snapshot, here and elsewhere, and when it is wound back', async () => {
  const frames = await walk(world);
  const timeline = new Timeline(await world.start(start), { every: 3 });
  const session = await world.start(start);
  for (const [i, action] of script.entries()) {
    if (i >= dies - 1 && i <= dies + 1) {
      const resumed = await world.resume(structuredClone(await session.snapshot()));
      expect(resumed.first.ended).toBe(frames[i]!.ended);
      expect(resumed.first.readouts).toEqual(frames[i]!.readouts);
      for (let t = i; t < i + 3; t++)
        expect((await resumed.step(script[t]!)).rgba).toEqual(frames[t + 1]!.rgba);
    }
    await session.step(action);
    await timeline.step(action);
  }
  for (const index of [dies + 4, dies + 1, dies, dies - 1]) {
    const { codes: _, ms: __, ...expected } = frames[index]!;
    expect(await timeline.rewind(index)).toMatchObject(expected);
  }
  const { state } = await session.snapshot();
  const { 'start/frame': __, ...without } = state;
  await expect(world.resume({ ...(await session.snapshot()), state: without })).rejects.toThrow(
    /its 'start\/frame' is not what this world needs/,
  );
});

it('knows no end where the prompt shows one', async () => {
  const dead = { width, height, data: endless[dies]!.rgba };
  const session = await world.start({ ...start, prompt: dead });
  expect(session.first.readouts!['health']).toBe(0);
  for (const action of script) expect((await session.step(action)).ended).toBeUndefined();
});

it('changes nothing that is seen when its device is lost around the end', async () => {
  const expected = await walk(world);
  let runs = 0;
  const lossy = await worldOn(
    async () =>
      new LossyExecutor(
        await onnx(),
        'fragile',
        (call) => call === 'run' && [2 * dies, 2 * dies + 5].includes(++runs),
      ),
  );
  expect(pictures(await walk(lossy))).toEqual(pictures(expected));
  expect(runs).toBeGreaterThan(2 * dies + 5);
  await lossy.close();
});

it('says the same over a channel', async () => {
  const frames = await walk(world);
  const [here, there] = socketPair();
  hostWorld(there, { open: async () => ({ world, executors: [], release: async () => {} }) });
  const remote = await RemoteWorld.connect(here, { world: 'w' });
  expect(remote.info.readouts).toEqual([
    { name: 'patch', least: 0, most: 19 },
    { name: 'health', least: 0, most: 3 },
  ]);
  const { frame } = await remote.start(start);
  expect(frame.readouts).toEqual(frames[0]!.readouts);
  for (const [i, action] of script.entries()) {
    const { rgba, readouts, ended } = await remote.step(action);
    const { codes: _, ...expected } = frames[i + 1]!;
    expect({ rgba, readouts, ended }).toEqual({ ended: undefined, ...pick(expected) });
  }
  const goesOn = await remote.start({ ...start, end: 'continue' });
  expect(goesOn.sampling.end).toBe('continue');
  for (const action of script) await remote.step(action);
  const moved = await remote.resume(await remote.snapshot());
  expect(moved.sampling.end).toBe('continue');
  expect([...moved.frame.rgba]).toEqual([...endless.at(-1)!.rgba]);
  remote.close();
});

const pick = ({ rgba, readouts, ended }: Frame) => ({ rgba, readouts, ...(ended && { ended }) });

it('is kept in a replay', () => {
  const replay = { world: 'w', ...start, confidenceThreshold: 0, fps: 8, actions: script };
  const picture = { ...prompt, data: new Uint8Array(width * height * 4).fill(255) };
  const text = encodeReplay({ ...replay, prompt: picture, end: 'continue' });
  expect(decodeReplay(text, 'r')).toMatchObject({ end: 'continue', actions: script });
  expect(decodeReplay(encodeReplay({ ...replay, prompt: picture }), 'r')).not.toHaveProperty('end');
});

it('refuses another word for what follows on an end', async () => {
  await expect(world.start({ ...start, end: 'stop' as 'restart' })).rejects.toThrow(
    "end must be 'restart' or 'continue'",
  );
});
