import { existsSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SnowglobeError } from '@snowglobe/graph';
import type { WorldContents, WorldModel } from '@snowglobe/model';
import { encodeWorld, registerFamily } from '@snowglobe/model';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { formatBytes } from '../format_bytes.js';
import { findWorldFiles, readWorldFile, readWorldFileSummary, writeWorldFile } from './world_files.js';

/** What the next `open` hands out, so that a disk can be full. */
const disk = vi.hoisted(() => ({ failure: undefined as string | undefined }));
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fs>();
  return {
    ...real,
    open: async (...args: Parameters<typeof real.open>) => {
      const handle = await real.open(...args);
      if (disk.failure && args[1] !== 'r') {
        const code = disk.failure;
        const write = handle.writeFile.bind(handle);
        handle.writeFile = async (data) => {
          await write((data as Uint8Array).subarray(0, 10));
          throw Object.assign(new Error(code), { code });
        };
      }
      return handle;
    },
  };
});

let folder: string;
beforeEach(async () => {
  folder = await fs.mkdtemp(join(tmpdir(), 'snowglobe-worlds-'));
});
afterEach(async () => {
  disk.failure = undefined;
  await fs.rm(folder, { recursive: true, force: true });
});

registerFamily({
  name: 'files',
  presets: [],
  findsActions: false,
  parse: (config) =>
    ({
      config,
      family: 'files',
      actions: { count: 2, areLatent: false, states: 1 },
    }) as unknown as WorldModel,
  fromPreset: () => {
    throw new Error('it has no presets');
  },
});
const world: WorldContents = {
  metadata: {
    family: 'files',
    config: { width: 8, height: 8, fps: 15 },
    actionNames: ['none', 'right'],
    provenance: {
      command: 'snowglobe train x',
      seeds: [1],
      hours: 0,
      machine: 'm',
      data: 'd',
      licences: [],
    },
    evaluation: {},
  },
  tensors: new Map([['w', { dtype: 'F32', shape: [1000], data: new Float32Array(1000).fill(0.5) }]]),
};

test('a world is written, found, summed up and read', async () => {
  const path = join(folder, 'a.safetensors');
  await writeWorldFile(path, world);
  await fs.writeFile(join(folder, 'notes.txt'), 'not a world');
  expect(await findWorldFiles(folder)).toEqual([{ name: 'a', path }]);
  expect(await readWorldFile(path)).toMatchObject(world);
  const summary = await readWorldFileSummary(path);
  expect(summary.metadata).toEqual(world.metadata);
  expect(summary.parameters).toBe(1000);
  expect(summary.bytes).toBe((await fs.stat(path)).size);
  expect(await findWorldFiles(join(folder, 'none'))).toEqual([]);
});

test('the summary of a file believes its size, not its header, and reads no weights', async () => {
  const path = join(folder, 'cut.safetensors');
  const bytes = encodeWorld(world);
  await fs.writeFile(path, bytes.subarray(0, bytes.length - 1));
  await expect(readWorldFileSummary(path)).rejects.toThrow(/cut short/);
  await fs.writeFile(path, bytes.subarray(0, 20));
  await expect(readWorldFileSummary(path)).rejects.toThrow(/the file has only 20/);
  await fs.writeFile(path, bytes.fill(0xff, bytes.length - 4)); // a NaN among the weights
  expect((await readWorldFileSummary(path)).parameters).toBe(1000);
  await expect(readWorldFile(path)).rejects.toThrow(/tensor 'w' has the value NaN at index 999/);
});

test('a full disk leaves the old world and nothing half-written', async () => {
  const path = join(folder, 'a.safetensors');
  await writeWorldFile(path, world);
  const before = await fs.readFile(path);
  for (const [code, words] of [
    ['ENOSPC', `the disk is full; free ${formatBytes(before.length)}`],
    ['EDQUOT', 'the disk quota is used up'],
  ]) {
    disk.failure = code;
    await expect(writeWorldFile(path, world)).rejects.toThrow(SnowglobeError);
    await expect(writeWorldFile(path, world)).rejects.toThrow(`${path}: cannot be saved, ${words}`);
  }
  expect(await fs.readdir(folder)).toEqual(['a.safetensors']);
  expect(await fs.readFile(path)).toEqual(before);
});

test('paths that are no worlds are refused in one sentence', async () => {
  const read = (path: string) => readWorldFile(path);
  await expect(read(join(folder, 'none'))).rejects.toThrow(/none: does not exist; check the path/);
  await expect(read(folder)).rejects.toThrow(/is not a file/);
  const large = join(folder, 'large.safetensors');
  await fs.writeFile(large, '');
  await fs.truncate(large, 1_000_000_001);
  await expect(read(large)).rejects.toThrow(/has 1.0 GB, and a world has at most 1.0 GB/);
  await expect(writeWorldFile(join(folder, 'no', 'a'), world)).rejects.toThrow(/no does not exist; make it/);
  await fs.mkdir(join(folder, 'taken'));
  await expect(writeWorldFile(join(folder, 'taken'), world)).rejects.toThrow(
    /there is a folder of that name/,
  );
  expect(existsSync(join(folder, 'no'))).toBe(false);
});

test('weights that are not finite are never written', async () => {
  const path = join(folder, 'nan.safetensors');
  const nan: WorldContents = {
    ...world,
    tensors: new Map([['w', { dtype: 'F32', shape: [1], data: Float32Array.of(NaN) }]]),
  };
  await expect(writeWorldFile(path, nan)).rejects.toThrow(/tensor 'w' has the value NaN/);
  expect(await fs.readdir(folder)).toEqual([]);
});

test('sizes are written for people', () => {
  expect([0, 999, 1000, 20_449, 999_949, 999_950, 4_700_000, 2e9, 3e12].map(formatBytes)).toEqual([
    '0 bytes',
    '999 bytes',
    '1.0 kB',
    '20.4 kB',
    '999.9 kB',
    '1.0 MB',
    '4.7 MB',
    '2.0 GB',
    '3000.0 GB',
  ]);
});
