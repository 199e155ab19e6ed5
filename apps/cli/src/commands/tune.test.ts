import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeWorldFile } from '@snowglobe/runtime';
import { tuningFiles } from '@snowglobe/runtime/internal';
import { devicesUnderTest, untrainedWorld } from '@snowglobe/runtime/testing';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { snowglobe } from '../testing/snowglobe.js';

vi.setConfig({ testTimeout: 240_000 });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-tune-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Tuned {
  path: string;
  tuned: { entry: { key: string; variant: string; ms: number } }[];
  known: number;
}

test('kernels of a world are tuned once and kept; a damaged cache is told about and begun anew', async () => {
  const world = join(folder, 'small.safetensors');
  await writeWorldFile(world, untrainedWorld());
  const [device] = await devicesUnderTest();
  if (!device) return;
  const path = tuningFiles(join(folder, 'tuning')).pathOf(device.description.name);
  await mkdir(join(folder, 'tuning'));
  await writeFile(path, '{"format":"snowglobe-tuning"');
  const tune = async () => {
    const environment = { SNOWGLOBE_CACHE: folder, SNOWGLOBE_DEVICE: '' };
    const result = await snowglobe(['tune', world, '--json'], environment);
    expect(result.code).toBe(0);
    return { ...(JSON.parse(result.stdout) as Tuned), stderr: result.stderr };
  };
  const first = await tune();
  expect(first.stderr).toContain(`${path}: it is no JSON (`);
  expect(first.path).toBe(path);
  expect(first.tuned.length).toBeGreaterThan(3);
  expect(first.known).toBe(first.tuned.length);
  const second = await tune();
  expect([second.tuned, second.known, second.stderr]).toEqual([[], first.known, '']);
});
