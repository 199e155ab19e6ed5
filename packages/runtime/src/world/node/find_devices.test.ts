import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
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
    expect(await names('all', {})).toEqual([...gpus!, 'onnx']);
    expect(await names(['onnx', 'reference', 'onnx'], { threads: 1 })).toEqual(['onnx', 'reference']);
    if (software!.length === 0) return;
    expect(await names(['software', 'onnx'], {})).toEqual([...software!, 'onnx']);
    expect(await names([software![0]!.toUpperCase()], {})).toContain(software![0]);
  });

  test.each([
    [[], {}, 'executor: devices [] name none; '],
    ['onnx', {}, 'executor: devices "onnx" name none; '],
    [['voodoo'], {}, "executor: no device is 'voodoo' among "],
    [['onnx'], { executor: 'webgpu' }, "executor: devices and executor 'webgpu' were both given; "],
    [['onnx'], { device: 'llvmpipe' }, "executor: devices and device 'llvmpipe' were both given; "],
  ] as const)('%j with %j are refused', async (devices, options, message) => {
    const refusal = await findDevices(devices, options).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(SnowglobeError);
    expect((refusal as SnowglobeError).message.slice(0, message.length)).toBe(message);
  });

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
