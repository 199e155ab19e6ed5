/** What whoever runs a server decides, and what they see. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LocatedWorld, RemoteWorld } from '@snowglobe/runtime';
import { locateWorlds, openRemoteWorld } from '@snowglobe/runtime';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { ServerEvent } from './events.js';
import type { PlayServer, PlayServerOptions } from './play_server.js';
import { createPlayServer } from './play_server.js';

vi.setConfig({ testTimeout: 60_000 });

const executor = { executor: 'onnx', threads: 1 } as const;
const prompt = { width: 8, height: 8, data: new Uint8Array(8 * 8 * 4).fill(90) };

let worlds: readonly LocatedWorld[];
const servers: PlayServer[] = [];
const bugs: unknown[] = [];
beforeAll(async () => {
  worlds = (await locateWorlds()).worlds.filter(({ entry }) => entry.name === 'coinrun-int4');
});
afterAll(async () => {
  await Promise.all(servers.map((server) => server.close()));
  expect(bugs).toEqual([]);
});

async function serve(options: Partial<PlayServerOptions> = {}): Promise<PlayServer> {
  const server = await createPlayServer({
    worlds,
    port: 0,
    executor,
    onBug: (bug) => bugs.push(bug),
    ...options,
  });
  servers.push(server);
  return server;
}
const open = (server: PlayServer, options: object = {}): Promise<RemoteWorld> =>
  openRemoteWorld(server.url, { world: 'coinrun-int4', WebSocket, ...options });

describe('places', () => {
  test('more players than places hear it in a sentence, and who leaves makes room', async () => {
    const server = await serve({ limits: { sessions: 1 } });
    const first = await open(server);
    await expect(open(server)).rejects.toThrow(
      /^The only place on this server is taken; try again later, or play on your own machine\.$/,
    );
    const json = new WebSocket(`ws://localhost:${server.port}/env`);
    const [message] = (await once(json, 'message')) as [Buffer];
    expect(JSON.parse(message.toString())).toMatchObject({
      type: 'error',
      data: { code: 'CAPACITY_REACHED' },
    });
    expect((await once(json, 'close'))[0]).toBe(1013);
    first.close();
    await vi.waitFor(async () => (await open(server)).close(), { timeout: 5000, interval: 50 });
  });

  test('who does not play loses the place; who plays keeps it', async () => {
    const events: ServerEvent[] = [];
    const server = await serve({ limits: { idleMs: 700 }, onEvent: (event) => events.push(event) });
    const reasons: string[] = [];
    const [idle, busy] = [
      await open(server, { onClosed: (why: string) => reasons.push(why) }),
      await open(server),
    ];
    await busy.start({ prompt, seed: 1 });
    for (let i = 0; i < 12; i++) {
      await sleep(100);
      await busy.step('right');
    }
    expect(reasons).toEqual(['nobody played for 1 s']);
    await expect(idle.snapshot()).rejects.toThrow(/nobody played for 1 s\); connect anew/);
    expect(events.find(({ event }) => event === 'closed')).toMatchObject({
      ...{ reason: 'nobody played for 1 s', frames: 0, world: 'coinrun-int4' },
    });
    busy.close();
  });

  test.each([
    [{ sessions: 0 }, 'limits: sessions must be an integer of at least 1.'],
    [{ perAddress: 1.5 }, 'limits: perAddress must be an integer of at least 1.'],
    [{ idleMs: -1 }, 'limits: idleMs must be more than 0.'],
  ])('%j is refused', async (limits, message) => {
    await expect(createPlayServer({ worlds, port: 0, limits })).rejects.toThrow(message);
  });
});

test('nobody begins with what is not admitted', async () => {
  const asked: unknown[] = [];
  const server = await serve({
    admit(given, { address, world, headers }) {
      asked.push([
        given.picture?.width,
        given.text,
        world,
        address.includes('127.0.0.1') || address === '::1',
        headers.host,
      ]);
      return given.picture!.data[0] === 90
        ? 'Grey pictures are not played here; choose another one.'
        : undefined;
    },
  });
  const world = await open(server);
  await expect(world.start({ prompt })).rejects.toThrow(
    'Grey pictures are not played here; choose another one.',
  );
  const other = { ...prompt, data: prompt.data.map((value) => value + 1) };
  expect((await world.start({ prompt: other })).frame.index).toBe(0);
  expect(asked).toEqual(Array(2).fill([8, undefined, 'coinrun-int4', true, `localhost:${server.port}`]));
  world.close();
});

test('names and pages from elsewhere are those that were named', async () => {
  const server = await serve({ names: ['play.example'], origins: ['https://site.example'] });
  const attempt = (headers: Record<string, string>): Promise<string> =>
    new Promise((resolve) => {
      const socket = new WebSocket(`ws://localhost:${server.port}/play`, { headers });
      socket.on('open', () => (resolve('open'), socket.terminate()));
      socket.on('unexpected-response', (_, { statusCode }) => resolve(String(statusCode)));
      socket.on('error', () => {});
    });
  expect(await attempt({ host: 'play.example' })).toBe('open');
  expect(await attempt({ host: 'play.example.evil' })).toBe('403');
  expect(await attempt({ origin: 'https://site.example' })).toBe('open');
  expect(await attempt({ origin: 'https://site.example.evil' })).toBe('403');
});

describe('without a page', () => {
  test('there are sessions and no files', async () => {
    const server = await serve();
    for (const path of [
      '',
      'catalog.json',
      'worlds/coinrun-int4.safetensors',
      'healthz',
      'metrics',
      'devices',
    ]) {
      const answer = await fetch(new URL(path, server.url));
      expect([answer.status, await answer.text()]).toEqual([
        404,
        expect.stringMatching(/has no page; sessions/),
      ]);
    }
  });

  test('health and metrics tell what was played', async () => {
    const events: ServerEvent[] = [];
    const server = await serve({
      probes: true,
      limits: { sessions: 3 },
      onEvent: (event) => events.push(event),
    });
    const health = async (): Promise<unknown> => (await fetch(new URL('healthz', server.url))).json();
    expect(await health()).toEqual({ ok: true, worlds: ['coinrun-int4'], sessions: 0, places: 3 });
    const world = await open(server, { frames: 'png' });
    await world.start({ prompt, seed: 1 });
    for (let i = 0; i < 5; i++) await world.step('right');
    await expect(world.step('fly')).rejects.toThrow(/knows no 'fly'/);
    expect(await health()).toMatchObject({ sessions: 1 });
    const answer = await fetch(new URL('metrics', server.url));
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    const served = await (await fetch(new URL('devices', server.url))).json();
    expect(served).toMatchObject({
      worlds: [
        { world: 'coinrun-int4', devices: [{ kind: 'onnx', state: 'open', interactive: 1, batch: 0 }] },
      ],
    });
    const text = await answer.text();
    expect(text).toMatch(/^snowglobe_device_up\{world="coinrun-int4",device="[^"]+"\} 1$/m);
    expect(text).toMatch(/^snowglobe_device_sessions\{world="coinrun-int4",device="[^"]+"\} 1$/m);
    const value = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
    expect(value('snowglobe_sessions')).toBe(1);
    expect(value('snowglobe_places')).toBe(3);
    expect(value('snowglobe_connections_total\\{wire="play"\\}')).toBe(1);
    expect(value('snowglobe_starts_total\\{world="coinrun-int4",how="started"\\}')).toBe(1);
    expect(value('snowglobe_frames_total\\{world="coinrun-int4"\\}')).toBe(5);
    expect(value('snowglobe_step_seconds_count\\{world="coinrun-int4"\\}')).toBe(5);
    expect(value('snowglobe_step_seconds_sum\\{world="coinrun-int4"\\}')).toBeGreaterThan(0);
    expect(value('snowglobe_lateness_seconds_count\\{world="coinrun-int4"\\}')).toBe(5);
    expect(value('snowglobe_refusals_total\\{reason="request"\\}')).toBe(1);
    expect(value('snowglobe_faults_total')).toBe(0);
    // Six pictures of 64x64 as PNG, which were 98 kB as they are.
    expect(value('snowglobe_sent_bytes_total')).toBeGreaterThan(2000);
    expect(value('snowglobe_sent_bytes_total')).toBeLessThan(60_000);
    expect(value('process_resident_memory_bytes')).toBeGreaterThan(0);
    world.close();
    await vi.waitFor(() =>
      expect(events.at(-1)).toMatchObject({ event: 'closed', frames: 5, reason: 'it was closed' }),
    );
    expect(events.filter(({ event }) => event !== 'frame').map(({ event }) => event)).toEqual([
      ...['connected', 'started', 'refused', 'closed'],
    ]);
    // Nothing that shows what somebody played.
    expect(JSON.stringify(events).length).toBeLessThan(2500);
  });
});

test('what fails on the server is a fault, told to nobody else', async () => {
  const events: ServerEvent[] = [];
  const seen: unknown[] = [];
  const server = await serve({
    probes: true,
    onEvent: (event) => events.push(event),
    onBug: (bug) => seen.push(bug),
    admit: () => {
      throw new Error('the list is gone');
    },
  });
  const world = await open(server);
  await expect(world.start({ prompt })).rejects.toThrow(/failed unexpectedly/);
  expect(seen).toHaveLength(1);
  expect(events).toContainEqual({ event: 'fault', message: 'the list is gone' });
  expect(await (await fetch(new URL('metrics', server.url))).text()).toMatch(/^snowglobe_faults_total 1$/m);
  world.close();
});
