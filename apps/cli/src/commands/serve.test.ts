import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { findRedis, startRedis } from '@snowglobe/cluster/internal';
import {
  RemoteSession,
  discoverDevices,
  openRemoteWorld,
  openWorld,
  socketChannel,
} from '@snowglobe/runtime';
import { afterEach, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { snowglobe } from '../testing/snowglobe.js';

vi.setConfig({ testTimeout: 90_000 });

const runner = fileURLToPath(new URL('../../../../scripts/source.mjs', import.meta.url));
const main = fileURLToPath(new URL('../main.ts', import.meta.url));
const ends: (() => void)[] = [];
afterEach(() => ends.splice(0).forEach((end) => end()));

/**
 * Starts `snowglobe serve` as a person would, and waits for its answer.
 * @param on what computes; default: what `args` name, or else one CPU
 */
async function started(
  args: readonly string[],
  on: readonly string[] = args.includes('--devices') ? [] : ['--executor', 'onnx'],
) {
  const child = spawn(
    process.execPath,
    [...[runner, main, 'serve', '--port', '0', '--json'], ...on, ...args],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own: what it starts ends with it.
      detached: true,
      env: { ...process.env, NODE_OPTIONS: '' },
    },
  );
  const kill = (): void => {
    try {
      process.kill(-child.pid!, 'SIGKILL');
    } catch {
      // It is gone.
    }
  };
  ends.push(kill);
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const stdout = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (more: string) => {
      text += more;
      if (text.endsWith('\n')) resolve(text);
    });
    void ended.then(() => reject(new Error(`it ended: ${stderr}`)));
  });
  return {
    ...{ child, ended, kill },
    answer: JSON.parse(stdout) as { url: string; play: string; worlds: string[]; sessions: number },
    lines: () =>
      stderr
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}

test('plays worlds for others, says what happens in a line each, and ends in good order', async () => {
  const { child, ended, answer, lines } = await started([
    ...['coinrun-int4', '--log', 'json', '--max-sessions', '1', '--threads', '1'],
  ]);
  expect(answer).toMatchObject({ worlds: ['coinrun-int4'], sessions: 1 });
  expect(answer.play).toMatch(/^ws:\/\/localhost:\d+\/play$/);
  const world = await openRemoteWorld(answer.play, { world: 'coinrun-int4', WebSocket });
  await world.start({ prompt: { width: 4, height: 4, data: new Uint8Array(64).fill(90) }, seed: 3 });
  expect((await world.step('right')).index).toBe(1);
  await expect(openRemoteWorld(answer.url, { world: 'coinrun-int4', WebSocket })).rejects.toThrow(
    /The only place on this server is taken/,
  );
  const health = (await (await fetch(`${answer.url}healthz`)).json()) as object;
  expect(health).toEqual({ ok: true, worlds: ['coinrun-int4'], sessions: 1, places: 1 });
  expect(await (await fetch(`${answer.url}metrics`)).text()).toMatch(/^snowglobe_frames_total\{.*\} 1$/m);
  expect((await fetch(answer.url)).status).toBe(404);
  world.close();
  await vi.waitFor(() => expect(lines().at(-1)).toMatchObject({ event: 'closed', frames: 1 }), 10_000);
  const events = lines().map(({ event }) => event);
  expect(events.filter((event) => event !== 'ready')).toEqual(['connected', 'started', 'refused', 'closed']);
  for (const { time } of lines()) expect(Date.parse(String(time))).toBeGreaterThan(1e12);
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
});

test.each([
  [['serve', 'moon'], 1, /world: there is no 'moon' among .*coinrun/],
  [['serve', '--max-sessions', '0'], 2, /integer from 1 to 500/],
  [['serve', '--idle', '-1'], 2, /number from 0 to 1440/],
  [['serve', '--log', 'xml'], 2, /text, json, none/],
  [['serve', '--origin', 'a.example/x'], 2, /It must be an origin, such as https:\/\/a\.example/],
  [['serve', '--host', '192.0.2.7', '--port', '0'], 1, /cannot listen on 192\.0\.2\.7/],
])('%j is one sentence', async (args, expected, message) => {
  const { code, stderr } = await snowglobe(args);
  expect([code, stderr]).toEqual([expected, expect.stringMatching(message)]);
});

const redis = findRedis();
test.skipIf(!redis)(
  'nodes that share a store go on with the sessions of one that ends, or is killed',
  async () => {
    const store = await startRedis(redis!);
    ends.push(() => void store.kill());
    const args = ['coinrun-int4', '--log', 'json', '--threads', '1', '--store', store.url];
    const nodes = await Promise.all([started(args), started(args), started(args)]);
    // One that cannot listen ends, and its connection to the store with it.
    const { port } = new URL(nodes[0]!.answer.url);
    const taken = await snowglobe(['serve', 'coinrun-int4', '--port', port, '--store', store.url]);
    expect([taken.code, taken.stderr]).toEqual([1, expect.stringContaining(port)]);
    const prompt = { width: 4, height: 4, data: new Uint8Array(64).fill(90) };
    const keys = ['right', 'jump', 'left', 'right', 'none'];

    const alone = await openWorld('coinrun-int4', { executor: 'onnx', threads: 1 });
    const expected = await alone.start({ prompt, seed: 3 });
    const session = await RemoteSession.open({
      world: 'coinrun-int4',
      silenceMs: 20_000,
      connect: (attempt) => socketChannel(new WebSocket(nodes[attempt % nodes.length]!.answer.play) as never),
    });
    expect((await session.start({ prompt, seed: 3 })).sampling.seed).toBe(3);
    expect(session.isDurable).toBe(true);
    for (let i = 0; i < 15; i++) {
      if (i === 5) nodes[0]!.child.kill('SIGTERM');
      if (i === 10) nodes[1]!.kill();
      const key = keys[i % keys.length]!;
      const [frame, own] = [await session.step(key), await expected.step(key)];
      expect([frame.index, ...frame.rgba]).toEqual([own.index, ...own.rgba]);
    }
    expect(await nodes[0]!.ended).toBe(0);
    await session.close();
    await alone.close();
  },
  180_000,
);

test.each([
  [['--store', 'http://127.0.0.1'], /must be none, memory, or an address such as redis:/],
  [['--durability', 'strict'], /--durability is about a Redis; add --store/],
  [['--store', 'redis://127.0.0.1:1'], /127\.0\.0\.1:1/],
])('%j is refused in a sentence', async (args, sentence) => {
  const { code, stderr } = await snowglobe(['serve', 'coinrun-int4', '--port', '0', ...args]);
  expect(code).not.toBe(0);
  expect(stderr).toMatch(sentence);
});

test('plays on several devices, which are watched from elsewhere', async () => {
  const { answer, lines } = await started([
    ...['coinrun-int4', '--log', 'json', '--devices', 'onnx,reference', '--threads', '1'],
  ]);
  const world = await openRemoteWorld(answer.play, { world: 'coinrun-int4', WebSocket });
  await world.start({ prompt: { width: 4, height: 4, data: new Uint8Array(64).fill(90) }, seed: 3 });
  for (let i = 0; i < 3; i++) await world.step('right');
  const watch = spawn(process.execPath, [runner, main, 'devices', '--watch', answer.url, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  ends.push(() => watch.kill('SIGKILL'));
  const ended = new Promise<number | null>((resolve) => watch.on('close', resolve));
  let text = '';
  watch.stdout.setEncoding('utf8').on('data', (more: string) => (text += more));
  await vi.waitFor(() => expect(text.split('\n').length).toBeGreaterThan(2), 60_000);
  const [first] = text.split('\n');
  const { worlds } = JSON.parse(first!) as {
    worlds: { world: string; devices: { name: string; state: string; frameTimes: { rows: number }[] }[] }[];
  };
  expect(worlds.map((each) => each.world)).toEqual(['coinrun-int4']);
  expect(worlds[0]!.devices.map(({ name, state }) => [name, state])).toEqual([
    ['onnx', 'open'],
    ['reference', 'open'],
  ]);
  expect(worlds[0]!.devices.map(({ frameTimes }) => frameTimes[0]!.rows)).toEqual([1, 1]);
  watch.kill('SIGINT');
  expect(await ended).toBe(0);
  world.close();
  expect(lines().filter(({ event }) => event === 'fault')).toEqual([]);
}, 180_000);

test('plays on the best GPU, or where there is none on every core, unless it is told where', async () => {
  const { candidates } = await discoverDevices({ software: 'none' });
  const { answer, child, ended, lines } = await started(['coinrun-int4', '--log', 'json'], []);
  const world = await openRemoteWorld(answer.play, { world: 'coinrun-int4', WebSocket });
  await world.start({ prompt: { width: 4, height: 4, data: new Uint8Array(64).fill(90) }, seed: 3 });
  for (let i = 0; i < 3; i++) await world.step('right');
  const { worlds } = (await (await fetch(new URL('devices', answer.url))).json()) as {
    worlds: { devices: { kind: string; device: string; state: string }[] }[];
  };
  const { devices } = worlds[0]!;
  expect(devices.map(({ state }) => state)).toEqual(devices.map(() => 'open'));
  const hasGpu = candidates.length > 0 || process.env['SNOWGLOBE_DEVICE'];
  if (!hasGpu) {
    const engines = Math.min(availableParallelism(), 16);
    expect(devices.map(({ kind }) => kind)).toEqual(Array(engines).fill('onnx'));
    expect(devices.map(({ device }) => device.endsWith(' of its own'))).toEqual(
      Array(engines).fill(engines > 1),
    );
  } else expect(devices).toHaveLength(1);
  world.close();
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
  expect(lines().filter(({ event }) => event === 'fault')).toEqual([]);
}, 180_000);

test.each([['--devices onnx,'], ['--devices onnx --executor webgpu']])('%s is bad usage', async (args) => {
  const { code, stderr } = await snowglobe(['serve', ...args.split(' ')]);
  expect([code, stderr]).toEqual([2, expect.stringMatching(/--devices <names>/)]);
});
