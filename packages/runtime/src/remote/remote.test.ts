/** Worlds over a channel: what is played there is what is played here. */
import type { Executor } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import { describe, expect, test, vi } from 'vitest';
import { createNodeOnnxExecutor } from '../node/onnx.js';
import { LossyExecutor } from '../testing/lossy_executor.js';
import type { Notes } from '../testing/noting_executor.js';
import { notingExecutor } from '../testing/noting_executor.js';
import { untrainedWorld } from '../testing/untrained_world.js';
import { World } from '../world/world.js';
import { RemoteWorld } from './client.js';
import { hostWorld } from './host.js';
import { portPair, socketPair } from './testing/channels.js';
import { executors, prompt, script, start, useHostedWorld } from './testing/hosted_world.js';

const hosted = useHostedWorld();

test('players of one world step together, and each sees what it sees alone', async () => {
  const notes: Notes = { rows: [] };
  const world = await World.create(untrainedWorld(), 'test', async () =>
    notingExecutor(createNodeOnnxExecutor({ threads: 1 }), notes),
  );
  const players = await Promise.all(
    [7, 8].map(async (seed) => {
      const [here, there] = portPair();
      hostWorld(there, { open: async () => ({ world, executors, release: async () => {} }) });
      const remote = await RemoteWorld.connect(here, { world: 'tiny' });
      await remote.start({ ...start, seed, temperature: 1 });
      return { seed, remote };
    }),
  );
  const seen = await Promise.all(
    players.map(({ remote }) => Promise.all(script.map((action) => remote.step(action, { codes: true })))),
  );
  expect(notes.rows.filter((rows) => rows === 2).length).toBeGreaterThan(script.length / 2);
  for (const [i, { seed, remote }] of players.entries()) {
    const alone = await hosted.world.start({ ...start, seed, temperature: 1 });
    for (const { codes } of seen[i]!) {
      const expected = await alone.step(script[alone.index]!, { codes: true });
      expect([...codes!]).toEqual([...expected.codes!]);
    }
    remote.close();
  }
  await world.close();
});

describe.each([
  ['over a message port', portPair],
  ['over a socket', socketPair],
])('a world %s', (_, pair) => {
  test('plays as it plays here', async () => {
    const session = await hosted.world.start(start);
    const expected = [];
    for (const action of script) expected.push(await session.step(action, { codes: true }));

    const progress: unknown[] = [];
    const remote = await hosted.connect(pair(), { onProgress: (each) => progress.push(each) });
    expect(progress).toEqual([{ what: 'download', done: 1, total: 2 }, { what: 'prepare' }]);
    expect(remote.info).toMatchObject({ width: 32, height: 32, fps: 15, executors });
    expect(remote.info.actions).toContain('jump');
    const { frame, sampling } = await remote.start(start);
    expect([frame.index, frame.rgba.length]).toEqual([0, 32 * 32 * 4]);
    expect(sampling).toEqual({ seed: 7, temperature: 0, confidenceThreshold: 0 });
    // All at once: answers come in order.
    const frames = await Promise.all(script.map((action) => remote.step(action, { codes: true })));
    expect(frames.map(({ codes }) => [...codes!])).toEqual(expected.map(({ codes }) => [...codes!]));
    expect(frames.map(({ rgba }) => [...rgba])).toEqual(expected.map(({ rgba }) => [...rgba]));
    expect(frames.at(-1)!.rgba).toBeInstanceOf(Uint8ClampedArray);

    expect([...(await remote.rewind(3)).rgba]).toEqual([...expected[2]!.rgba]);
    expect([...(await remote.step(script[3]!)).rgba]).toEqual([...expected[3]!.rgba]);
    remote.close();
    await vi.waitFor(() => expect(hosted.released).toBe(1));
  });

  test('a session goes on elsewhere', async () => {
    const [a, b] = await Promise.all([hosted.connect(pair()), hosted.connect(pair())]);
    await a.start(start);
    for (const action of script.slice(0, 5)) await a.step(action);
    const { frame, sampling } = await b.resume(await a.snapshot());
    expect([frame.index, sampling.seed]).toEqual([5, 7]);
    const [here, there] = [await a.step('right'), await b.step('right')];
    expect([there.index, [...there.rgba]]).toEqual([6, [...here.rgba]]);
    a.close();
    b.close();
  });

  test('takes any number of requests at once, and each settles', async () => {
    const remote = await hosted.connect(pair());
    const big = { ...prompt, width: 512, height: 512, data: new Uint8Array(512 * 512 * 4) };
    const starts = Array.from({ length: 40 }, () => remote.start({ ...start, prompt: big }));
    expect((await Promise.all(starts)).map(({ frame }) => frame.index)).toEqual(starts.map(() => 0));
    const steps = Array.from({ length: 300 }, () => remote.step('right'));
    expect((await Promise.all(steps)).map(({ index }) => index)).toEqual(steps.map((_, i) => i + 1));
    const backs = Array.from({ length: 40 }, (_, i) => remote.rewind(299 - i));
    expect((await Promise.all(backs)).map(({ index }) => index)).toEqual(backs.map((_, i) => 299 - i));
    const cut = Array.from({ length: 40 }, () => remote.step('right'));
    remote.close();
    for (const each of await Promise.allSettled(cut)) expect(each.status).toBe('rejected');
    await expect(remote.step('right')).rejects.toThrow(/it was closed/);
  });

  test('ends for the page, with the reason, when the other side ends it', async () => {
    const [here, there] = pair();
    const reasons: string[] = [];
    const remote = await hosted.connect([here, there], { onClosed: (reason) => reasons.push(reason) });
    await remote.start(start);
    const asked = Promise.allSettled(script.map((action) => remote.step(action)));
    there.close('enough');
    for (const each of await asked) expect(each).toMatchObject({ status: 'rejected' });
    await expect(remote.step('right')).rejects.toThrow(
      'session: the connection ended (enough); connect anew.',
    );
    expect(reasons).toEqual(['enough']);
    // Who comes too late is told, too.
    await expect(RemoteWorld.connect(here, { world: 'tiny' })).rejects.toThrow(/connection ended/);
  });

  test('what makes no sense is one sentence, and the session goes on', async () => {
    await expect(hosted.connect(pair(), {}, 'moon')).rejects.toThrow("world: there is no 'moon'.");
    const remote = await hosted.connect(pair());
    await expect(remote.step('right')).rejects.toThrow(/nothing is being played/);
    await expect(remote.start({ prompt: { width: 2, height: 2, data: new Uint8Array(5) } })).rejects.toThrow(
      /5 bytes do not fill 2x2 pixels/,
    );
    await expect(remote.start({ ...start, temperature: -1 })).rejects.toThrow(/temperature -1/);
    for (const [wrong, message] of [
      [undefined, /start: the field 'prompt\.width' is missing; correct it/],
      [null, /start: the field 'prompt\.width'/],
      [{}, /start: the field 'prompt\.width'/],
      [{ prompt: { ...prompt, width: 2049 } }, /'prompt\.width' .*at most 2048, not 2049/],
      [{ prompt: { ...prompt, width: 0 } }, /'prompt\.width' .*at least 1, not 0/],
      [{ prompt: { ...prompt, width: '8' } }, /'prompt\.width' .*number/],
      [{ prompt: { ...prompt, data: [...prompt.data] } }, /'prompt\.data' .*must be bytes/],
      [{ prompt: { ...prompt, data: new Float32Array(256) } }, /'prompt\.data' .*must be bytes/],
      [{ prompt: { width: 8, height: 8, data: () => 1 } }, /'prompt\.data'/],
      [{ ...start, seed: 1.5 }, /'seed' .*1\.5/],
      [{ ...start, seed: NaN }, /'seed' .*NaN/],
      [{ ...start, seed: null }, /'seed' .*null/],
      [{ ...start, seed: '7' }, /'seed' .*"7"/],
      [{ ...start, temperature: null }, /'temperature' .*null/],
      [{ ...start, sead: 7 }, /'sead'/],
    ] as const) {
      await expect(remote.start(wrong as never), JSON.stringify(wrong)).rejects.toThrow(message);
      await expect(remote.start(wrong as never)).rejects.toThrow(SnowglobeError);
    }
    for (const wrong of [undefined, null, 1.5, -1, {}, () => 1, 'x'.repeat(65)]) {
      await expect(remote.step(wrong as never)).rejects.toThrow(/step: the field 'action' (must|is missing)/);
    }
    await expect(remote.rewind(NaN)).rejects.toThrow(/'index'/);
    await expect(remote.resume({ index: 1 } as never)).rejects.toThrow(/'saved' .*must be bytes/);
    // As a canvas and a form give them: more than a picture, and undefined for what was left out.
    const canvas = { ...prompt, colorSpace: 'srgb' };
    await remote.start({ prompt: canvas, seed: 7, temperature: undefined, confidenceThreshold: undefined });
    await remote.start(start);
    await expect(remote.step('fly')).rejects.toThrow(/no 'fly'/);
    await expect(remote.rewind(9)).rejects.toThrow(/frame 9 is not kept/);
    const snapshot = await remote.snapshot();
    await expect(remote.resume(snapshot.slice(0, -3))).rejects.toThrow(/snapshot: .*cut short/);
    await expect(
      remote.resume(snapshot.map((byte, i) => (i < snapshot.length - 9 ? byte : 1))),
    ).rejects.toThrow(/snapshot: was damaged or changed/);
    expect((await remote.step('right')).index).toBe(1);
    remote.close();
    await expect(remote.step('right')).rejects.toThrow(/it was closed/);
  });
});

test('a page is told when a lost device moved its session, and misses no frame', async () => {
  const first = new LossyExecutor(createNodeOnnxExecutor({ threads: 1 }), 'fragile');
  const opened: Executor[] = [first, createNodeOnnxExecutor({ threads: 1 })];
  const moving = await World.create(untrainedWorld(), 'test', async () => opened.shift()!);
  const [here, there] = portPair();
  hostWorld(there, { open: async () => ({ world: moving, executors, release: () => moving.close() }) });
  const moves: unknown[] = [];
  const remote = await RemoteWorld.connect(here, { world: 'x' }, { onMoved: (to) => moves.push(to) });
  await remote.start(start);
  await remote.step('right');
  first.lose();
  expect((await remote.step('left')).index).toBe(2);
  expect(moves).toEqual([{ kind: 'onnx', device: expect.stringContaining('ONNX Runtime') as string }]);
  expect(remote.info.executor.kind).toBe('onnx');
  remote.close();
});

test('a world of 0.5 frames a second is played as any other', async () => {
  const file = untrainedWorld();
  const metadata = { ...file.metadata, config: { ...file.metadata.config, fps: 0.5 } };
  const slow = await World.create({ ...file, metadata }, 'test', async () =>
    createNodeOnnxExecutor({ threads: 1 }),
  );
  const [here, there] = portPair();
  hostWorld(there, { open: async () => ({ world: slow, executors, release: () => slow.close() }) });
  const remote = await RemoteWorld.connect(here, { world: 'x' });
  expect(remote.info.fps).toBe(0.5);
  remote.close();
});

test('the size of a state is known from the config alone', () => {
  expect(untrainedWorld().model.stateBytes()).toBe(hosted.world.stats.stateBytes);
});
