/** What whoever runs a host may decide and see: formats of frames, who may begin, what is played. */
import { decodeImage, encodePng } from '@snowglobe/media';
import { describe, expect, test, vi } from 'vitest';
import { RemoteWorld } from './client.js';
import type { GivenPrompt, HostEvent } from './host.js';
import { hostWorld } from './host.js';
import { openRemoteWorld } from './open_remote_world.js';
import { portPair, socketPair } from './testing/channels.js';
import { prompt, start, useHostedWorld } from './testing/hosted_world.js';

const hosted = useHostedWorld();

describe.each([portPair, socketPair])('frames %#', (pair) => {
  test('are the same pixels however they travel', async () => {
    const seen: string[] = [];
    for (const frames of [undefined, 'rgba', 'rgb', 'png'] as const) {
      const [here, there] = pair();
      hostWorld(there, { ...hosted.options, encodePng });
      const request = { world: 'tiny', decodePng: decodeImage, ...(frames && { frames }) };
      const remote = await RemoteWorld.connect(here, request);
      const { frame } = await remote.start(start);
      const all = [frame, await remote.step('right'), await remote.step('up'), await remote.preview(prompt)];
      for (const { rgba, width, height } of all) expect(rgba).toHaveLength(width * height * 4);
      seen.push(all.map(({ rgba }) => Buffer.from(rgba).toString('hex')).join());
      remote.close();
    }
    expect(new Set(seen).size).toBe(1);
    expect(new Set(seen[0]!.split(',')).size).toBeGreaterThan(2);
  });
});

test('a format that one side does not know is a sentence', async () => {
  const [here, there] = socketPair();
  hostWorld(there, hosted.options);
  const asked = RemoteWorld.connect(here, { world: 'tiny', frames: 'png', decodePng: decodeImage });
  await expect(asked).rejects.toThrow(/open: this side writes no PNG; ask for frames as 'rgb'/);
  const [mine] = socketPair();
  await expect(RemoteWorld.connect(mine, { world: 'tiny', frames: 'png' })).rejects.toThrow(
    /needs decodePng/,
  );
  const [other, far] = socketPair();
  hostWorld(far, hosted.options);
  const unknown = RemoteWorld.connect(other, { world: 'tiny', frames: 'gif' as never });
  await expect(unknown).rejects.toThrow(/open: the field 'frames' .*"gif"/);
});

test('a frame whose picture is of another size, or is none, is refused', async () => {
  for (const png of [
    encodePng({ width: 2, height: 2, channels: 3, data: new Uint8Array(12) }),
    Uint8Array.of(1),
  ]) {
    const [here, there] = socketPair();
    hostWorld(there, { ...hosted.options, encodePng: () => png });
    const request = { world: 'tiny', frames: 'png', decodePng: decodeImage } as const;
    const remote = await RemoteWorld.connect(here, request);
    await expect(remote.start(start)).rejects.toThrow(/32x32 pixels came as a PNG of 2x2|no picture|PNG/);
    remote.close();
  }
});

test('nobody begins with what is not admitted, and a session goes on as it was', async () => {
  const asked: GivenPrompt[] = [];
  let admits = true;
  const [here, there] = socketPair();
  hostWorld(there, {
    ...hosted.options,
    async admit(given) {
      asked.push(given);
      return admits ? undefined : 'This picture is not played here; choose another one.';
    },
  });
  const remote = await RemoteWorld.connect(here, { world: 'tiny' });
  await remote.start(start);
  await remote.step('right');
  const snapshot = await remote.snapshot();
  admits = false;
  await expect(remote.start(start)).rejects.toThrow('This picture is not played here; choose another one.');
  await expect(remote.resume(snapshot)).rejects.toThrow('This picture is not played here');
  expect((await remote.step('right')).index).toBe(2);
  expect(asked.map(({ picture }) => picture!.data.length)).toEqual([8 * 8 * 4, 8 * 8 * 4, 32 * 32 * 4]);
  expect([...asked[0]!.picture!.data]).toEqual([...prompt.data]);
  remote.close();
});

test('a check that fails admits nobody', async () => {
  const bugs: unknown[] = [];
  const [here, there] = socketPair();
  const admit = (): never => {
    throw new Error('the classifier is away');
  };
  hostWorld(there, { ...hosted.options, admit, onBug: (bug) => bugs.push(bug) });
  const remote = await RemoteWorld.connect(here, { world: 'tiny' });
  await expect(remote.start(start)).rejects.toThrow(/the classifier is away/);
  await expect(remote.step('right')).rejects.toThrow(/nothing is being played/);
  expect(bugs).toHaveLength(1);
  remote.close();
});

test('what is played is told', async () => {
  const events: HostEvent[] = [];
  const [here, there] = socketPair();
  hostWorld(there, { ...hosted.options, observe: (event) => events.push(event) });
  const remote = await RemoteWorld.connect(here, { world: 'tiny' });
  await remote.start(start);
  await remote.step('right');
  await expect(remote.step('fly')).rejects.toThrow();
  await remote.resume(await remote.snapshot());
  await vi.waitFor(() => expect(events).toHaveLength(5));
  expect(events).toMatchObject([
    { what: 'open', world: 'tiny' },
    { what: 'start', world: 'tiny' },
    { what: 'frame', periodMs: 1000 / 15 },
    { what: 'refusal', request: 'step', sentence: expect.stringMatching(/fly/) as string },
    { what: 'resume', world: 'tiny' },
  ]);
  const [, , frame] = events as [unknown, unknown, Extract<HostEvent, { what: 'frame' }>];
  expect(frame.stepMs).toBeGreaterThan(0);
  expect(frame.answerMs).toBeGreaterThan(0);
  remote.close();
});

test.each([
  ['8420', /'8420' is no address of a server/],
  ['ftp://x/', /'ftp:\/\/x\/' is no address of a server/],
])('%s is no address', async (address, message) => {
  await expect(openRemoteWorld(address, { world: 'tiny' })).rejects.toThrow(message);
});

test.each([
  ['http://localhost:1', 'ws://localhost:1/play'],
  ['https://a.example/env', 'wss://a.example/env'],
  ['ws://localhost:1/', 'ws://localhost:1/play'],
])('%s is reached at %s', async (address, expected) => {
  const addresses: string[] = [];
  class None extends EventTarget {
    readonly readyState = 3;
    constructor(at: string) {
      super();
      addresses.push(at);
    }
    close(): void {}
  }
  await expect(openRemoteWorld(address, { world: 'tiny', WebSocket: None })).rejects.toThrow(
    /connection ended/,
  );
  expect(addresses).toEqual([expected]);
});
