import { setTimeout as sleep } from 'node:timers/promises';
import type { Executor } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import { describe, expect, test, vi } from 'vitest';
import { discoverDevices } from '../devices/node/index.js';
import { createNodeOnnxExecutor } from '../node/onnx.js';
import type { FrameTimes } from '../placing/frame_times.js';
import type { FrameTimesKey } from '../placing/frame_times_file.js';
import { delayedExecutor } from '../testing/delayed_executor.js';
import { LossyExecutor } from '../testing/lossy_executor.js';
import { createStirringExecutor } from '../testing/stirring_executor.js';
import { untrainedWorld } from '../testing/untrained_world.js';
import { createWebgpuExecutor } from '../webgpu/index.js';
import type { DeviceStatus } from './device_status.js';
import type { WorldDevice } from './play_device.js';
import type { Session } from './session.js';
import { World } from './world.js';

const long = process.env['SNOWGLOBE_LONG_TESTS'] === '1';
const file = untrainedWorld();
const prompt = { width: 4, height: 4, data: Uint8Array.from({ length: 48 }, (_, i) => (i * 37) % 256) };
const actions = ['right', 'left', 'none', 'up'];

const delayed = (name: string, msOf: (rows: number) => number): WorldDevice => ({
  name,
  open: async () => delayedExecutor(createStirringExecutor(), msOf, name),
});

/** What a session sees that is played alone. */
async function alone(seed: number, frames: number): Promise<string[]> {
  const world = await World.create(file, 'test', async () => createStirringExecutor());
  const session = await world.start({ prompt, seed, temperature: 1 });
  const seen = await play(session, seed, frames);
  await world.close();
  return seen;
}

async function play(session: Session, seed: number, frames: number): Promise<string[]> {
  const seen: string[] = [];
  for (let i = 0; i < frames; i++) {
    const { index, rgba } = await session.step(actions[(seed + session.index) % 4]!);
    seen.push(`${index} ${rgba.slice(0, 24).join()}`);
  }
  return seen;
}

const byName = (world: World): Record<string, DeviceStatus> =>
  Object.fromEntries(world.devices().map((status) => [status.name, status]));

describe('a world on several devices', () => {
  test('is measured on each of them, once where that is kept', async () => {
    const kept = new Map<string, FrameTimes>();
    const saved: FrameTimesKey[] = [];
    const frameTimes = {
      load: async ({ device }: FrameTimesKey) => kept.get(device),
      save: async (key: FrameTimesKey, times: FrameTimes) => {
        saved.push(key);
        kept.set(key.device, times);
      },
    };
    const devices = [delayed('quick', () => 2), delayed('slow', (rows) => 20 + 10 * rows)];
    const world = await World.create(file, 'test', devices, { checksum: 'abc', frameTimes });
    expect(saved).toEqual(
      ['quick', 'slow'].map((device) => ({ checksum: 'abc', kind: 'reference', device })),
    );
    const { quick, slow } = byName(world);
    expect(quick!.frameTimes.map(({ rows }) => rows)).toEqual([1, 2, 4, 8, 16]);
    expect(slow!.frameTimes[0]!.ms).toBeGreaterThan(28);
    expect(slow!.frameTimes.find(({ rows }) => rows === 8)!.ms).toBeGreaterThan(98);
    await world.close();
    const again = await World.create(file, 'test', devices, { checksum: 'abc', frameTimes });
    expect(byName(again)['slow']!.frameTimes).toEqual(slow!.frameTimes);
    expect(saved).toHaveLength(2);
    await again.close();
  });

  test('plays sessions where they are served soonest, and moves them for good where a device becomes slow', async () => {
    let quickMs = 2;
    const world = await World.create(file, 'test', [
      delayed('quick', () => quickMs),
      delayed('other', () => 30),
    ]);
    const count = 5;
    const sessions = await Promise.all(
      Array.from({ length: count }, (_, seed) => world.start({ prompt, seed, temperature: 1 })),
    );
    const seen = sessions.map((): string[] => []);
    const playFor = async (ms: number): Promise<void> => {
      const until = performance.now() + ms;
      await Promise.all(
        sessions.map(async (session, i) => {
          while (performance.now() < until) seen[i]!.push(...(await play(session, i, 1)));
        }),
      );
    };
    await playFor(400);
    expect(byName(world)).toMatchObject({
      quick: { interactive: count, departures: 0, state: 'open' },
      other: { interactive: 0 },
    });
    expect(sessions.every((session) => session.executor.device === 'quick')).toBe(true);
    quickMs = 250;
    await playFor(9000);
    const moved = byName(world);
    expect(moved['other']!.interactive).toBeGreaterThanOrEqual(3);
    expect(moved['quick']!.slowdown).toBeGreaterThan(5);
    // Each has moved once, and none back.
    expect(moved['quick']!.departures).toBe(moved['other']!.interactive);
    expect(moved['other']!.departures).toBe(0);
    for (const [seed, frames] of seen.entries()) expect(frames).toEqual(await alone(seed, frames.length));
    await world.close();
  }, 60_000);

  test('lets batch work wait for players, and not for ever', async () => {
    const world = await World.create(file, 'test', [
      delayed('one', () => 15),
      { name: 'absent', open: () => Promise.reject(new SnowglobeError('absent: it is not there.')) },
    ]);
    expect(byName(world)['absent']).toMatchObject({ state: 'lost', why: 'absent: it is not there.' });
    const [player, ...workers] = await Promise.all(
      [0, 1, 2, 3, 4].map((seed) =>
        world.start({ prompt, seed, priority: seed === 0 ? 'interactive' : 'batch' }),
      ),
    );
    const order: string[] = [];
    const ask = async (who: string, session: Session): Promise<void> => {
      await session.step(0);
      order.push(who);
    };
    // Somebody is being served while all the others come.
    const first = ask('first', workers[0]!);
    await sleep(5);
    await Promise.all([
      ...[first, ...workers.slice(1).map((worker) => ask('batch', worker))],
      ask('player', player!),
    ]);
    expect(order).toEqual(['first', 'player', 'batch', 'batch', 'batch']);
    expect(byName(world)['one']).toMatchObject({ interactive: 1, batch: 4 });
    await expect(world.start({ prompt, priority: 'urgent' as never })).rejects.toThrow(
      'start: priority "urgent" is not known; use one of interactive, batch.',
    );
    await world.close();
  });

  test('goes on at once without a device that is lost, and takes it back later', async () => {
    const opened: LossyExecutor[] = [];
    const fragile = async (): Promise<Executor> => {
      opened.push(new LossyExecutor(createStirringExecutor(), `fragile ${opened.length + 1}`));
      return opened.at(-1)!;
    };
    const world = await World.create(file, 'test', [
      { name: 'fragile', open: fragile },
      delayed('safe', () => 40),
    ]);
    const session = await world.start({ prompt, seed: 3, temperature: 1 });
    const seen = await play(session, 3, 3);
    expect(session.executor.device).toBe('fragile 1');
    opened[0]!.lose();
    seen.push(...(await play(session, 3, 2)));
    expect(session.executor.device).toBe('safe');
    expect(byName(world)).toMatchObject({
      fragile: { state: 'lost', losses: 1, departures: 1, why: "device 'fragile 1' was lost." },
      safe: { interactive: 1, losses: 0 },
    });
    await sleep(1100);
    seen.push(...(await play(session, 3, 2)));
    await vi.waitFor(() => expect(byName(world)['fragile']).toMatchObject({ state: 'open', why: '' }));
    expect(seen).toEqual(await alone(3, 7));
    await world.close();
  });

  test('cannot be opened where none of them can', async () => {
    const absent = (name: string): WorldDevice => ({
      name,
      open: () => Promise.reject(new SnowglobeError(`${name} is not there.`)),
    });
    await expect(World.create(file, 'test', ['first', 'second'].map(absent))).rejects.toThrow(
      'first is not there.',
    );
  });
});

describe('on ONNX Runtime and every adapter of this machine at once', () => {
  /** Room for two sessions on each device, so that all are used. @returns destroys the adapters' devices */
  async function openAll() {
    const { candidates } = await discoverDevices({ software: 'all' });
    const lose: (() => void)[] = [];
    const adapters = candidates.map((candidate): WorldDevice => ({
      name: candidate.description.name,
      open: async () => {
        const opened = await candidate.open();
        lose.push(() => opened.device.destroy());
        return createWebgpuExecutor(opened);
      },
    }));
    const onnx: WorldDevice = { name: 'onnx', open: async () => createNodeOnnxExecutor({ threads: 1 }) };
    const world = await World.create(file, 'test', [onnx, ...adapters], {
      residentBytes: 2 * file.model.stateBytes(),
    });
    const alone = await World.create(file, 'test', onnx.open);
    return { world, alone, adapters: adapters.length, lose: () => lose.splice(0).forEach((each) => each()) };
  }

  const begin = (world: World, seed: number): Promise<Session> =>
    world.start({ prompt, seed, temperature: 0 });
  async function walk(session: Session, seed: number, frames: number): Promise<string[]> {
    const codes: string[] = [];
    for (let i = 0; i < frames; i++) {
      const frame = await session.step(actions[(seed + session.index) % 4]!, { codes: true });
      codes.push(`${frame.index} ${frame.codes!.join()}`);
    }
    return codes;
  }

  test('sessions see the codes that each sees alone, also when adapters are lost', async () => {
    const { world, alone, adapters, lose } = await openAll();
    const sessions = await Promise.all(
      Array.from({ length: 2 * (1 + adapters) }, (_, seed) => begin(world, seed)),
    );
    const seen = await Promise.all(sessions.map((session, seed) => walk(session, seed, 6)));
    expect(world.devices().map(({ states }) => states)).toEqual(Array(1 + adapters).fill(2));
    lose();
    const rest = await Promise.all(sessions.map((session, seed) => walk(session, seed, 6)));
    expect(world.devices().map(({ losses }) => losses)).toEqual([0, ...Array<number>(adapters).fill(1)]);
    for (const [seed, codes] of seen.entries()) {
      expect([...codes, ...rest[seed]!]).toEqual(await walk(await begin(alone, seed), seed, 12));
    }
    await Promise.all([world.close(), alone.close()]);
  }, 300_000);

  test.runIf(long)(
    'so they do when adapters are lost again and again, in the middle of a frame',
    async () => {
      const { world, alone, adapters, lose } = await openAll();
      const rounds = 3;
      for (let round = 1; round <= rounds; round++) {
        const watcher = await begin(world, 0);
        await vi.waitFor(
          async () => {
            await watcher.step(0);
            expect(world.devices().filter(({ state }) => state !== 'open')).toEqual([]);
          },
          { timeout: 120_000, interval: 200 },
        );
        await watcher.close();
        const seeds = Array.from({ length: 2 * (1 + adapters) }, (_, i) => 100 * round + i);
        const sessions = await Promise.all(seeds.map((seed) => begin(world, seed)));
        const walks = seeds.map((seed, i) => walk(sessions[i]!, seed, 20));
        await sleep(50 * round);
        lose();
        for (const [i, codes] of (await Promise.all(walks)).entries()) {
          expect(codes).toEqual(await walk(await begin(alone, seeds[i]!), seeds[i]!, 20));
          await sessions[i]!.close();
        }
        expect(world.devices().map(({ losses }) => losses)).toEqual([
          0,
          ...Array<number>(adapters).fill(round),
        ]);
      }
      await Promise.all([world.close(), alone.close()]);
    },
    900_000,
  );
});
