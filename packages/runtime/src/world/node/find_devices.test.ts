import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { SnowglobeError } from '@snowglobe/graph';
import { encodeWorld } from '@snowglobe/model';
import { describe, expect, test, vi } from 'vitest';
import { discoverDevices } from '../../devices/node/index.js';
import { untrainedWorld } from '../../testing/untrained_world.js';
import type { World } from '../world.js';
import { findDevices } from './find_devices.js';
import { openWorld } from './open_world.js';

const names = async (...given: Parameters<typeof findDevices>): Promise<readonly string[]> =>
  (await findDevices(...given)).map(({ name }) => name);

describe('devices to play on', () => {
  test('are all GPUs and the CPU, or those that were named, each once', async () => {
    const { candidates } = await discoverDevices({ software: 'all' });
    const adapters = candidates.map(({ description }) => description);
    const [gpus, software] = ['hardware', 'software'].map((wanted) =>
      adapters.filter(({ kind }) => kind === wanted).map(({ name }) => name),
    );
    const numbered = (count: number) => Array.from({ length: count }, (_, i) => `onnx ${i + 1}`);
    const count = Math.min(availableParallelism(), 16);
    const cores = count > 1 ? numbered(count) : ['onnx'];
    expect(await names('all', {})).toEqual(gpus!.length > 0 ? [...gpus!, 'onnx'] : cores);
    expect(await names('auto', {})).toEqual(gpus!.length > 0 ? [gpus![0]] : cores);
    expect(await names(['cores'], {})).toEqual(cores);
    expect(await names(['onnx*3', 'reference', 'onnx*2'], {})).toEqual([...numbered(3), 'reference']);
    expect(await names(['onnx', 'reference', 'onnx'], { threads: 1 })).toEqual(['onnx', 'reference']);
    if (software!.length === 0) return;
    expect(await names(['software', 'onnx'], {})).toEqual([...software!, 'onnx']);
    expect(await names([software![0]!.toUpperCase()], {})).toContain(software![0]);
  });

  test.each([
    [[], {}, 'executor: devices [] name none; '],
    ['onnx', {}, 'executor: devices "onnx" name none; '],
    [['voodoo'], {}, "executor: no device is 'voodoo' among "],
    ...['onnx*0', 'onnx*65', 'onnx*two', 'onnx*'].map(
      (name) => [[name], {}, `executor: '${name}' does not say how many engines; `] as const,
    ),
    [['onnx'], { executor: 'webgpu' }, "executor: devices and executor 'webgpu' were both given; "],
    [['onnx'], { device: 'llvmpipe' }, "executor: devices and device 'llvmpipe' were both given; "],
  ] as const)('%j with %j are refused', async (devices, options, message) => {
    const refusal = await findDevices(devices, options).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(SnowglobeError);
    expect((refusal as SnowglobeError).message.slice(0, message.length)).toBe(message);
  });

  test('may be engines on the CPU, among which players are spread', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'snowglobe-devices-'));
    vi.stubEnv('SNOWGLOBE_CACHE', folder);
    try {
      const path = join(folder, 'small.safetensors');
      await writeFile(path, encodeWorld(untrainedWorld()));
      const world = await openWorld(path, { devices: ['onnx*3'] });
      const prompt = { width: 4, height: 4, data: new Uint8Array(64).fill(200) };
      const sessions = await Promise.all(
        Array.from({ length: 12 }, (_, seed) => world.start({ prompt, seed })),
      );
      for (let i = 0; i < 4; i++) await Promise.all(sessions.map((session) => session.step(0)));
      expect(world.devices().map(({ name, device, kind }) => [name, device, kind])).toEqual(
        [1, 2, 3].map((i) => [`onnx ${i}`, 'ONNX Runtime cpu, 1 thread of its own', 'onnx']),
      );
      expect(world.devices().map(({ interactive }) => interactive)).toEqual([4, 4, 4]);
      await world.close();
    } finally {
      vi.unstubAllEnvs();
      await rm(folder, { recursive: true, force: true });
    }
  }, 120_000);

  test('play a world together, and are measured once', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'snowglobe-devices-'));
    vi.stubEnv('SNOWGLOBE_CACHE', folder);
    try {
      const path = join(folder, 'small.safetensors');
      await writeFile(path, encodeWorld(untrainedWorld()));
      const open = () => openWorld(path, { devices: ['onnx', 'reference'], threads: 1 });
      const [first, second] = [await open(), await open()];
      expect(
        first.devices().map(({ name, state, frameTimes }) => [name, state, frameTimes[0]?.rows]),
      ).toEqual([
        ['onnx', 'open', 1],
        ['reference', 'open', 1],
      ]);
      const times = (world: World) => world.devices().map(({ frameTimes }) => frameTimes);
      expect(times(second)).toEqual(times(first));
      await Promise.all([first.close(), second.close()]);
    } finally {
      vi.unstubAllEnvs();
      await rm(folder, { recursive: true, force: true });
    }
  }, 120_000);
});
