import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeWorld } from '@snowglobe/model';
import { untrainedWorld } from '@snowglobe/runtime/testing';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { worldsFor } from './site_folder.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-site-'));
  vi.stubEnv('SNOWGLOBE_WORLDS', folder);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

const first = async (...wanted: string[]): Promise<string | undefined> =>
  (await worldsFor(wanted, () => undefined)).worlds[0]?.entry.name;

test('a page begins with what was asked for, else with what stands first by the files about worlds', async () => {
  const world = encodeWorld(untrainedWorld());
  await writeFile(join(folder, 'a.safetensors'), world);
  await writeFile(join(folder, 'z.safetensors'), world);
  expect(await first()).toBe('crafter');
  await writeFile(join(folder, 'z.about.json'), '{ "order": 0, "about": "another one" }');
  expect(await first()).toBe('z');
  expect(await first('coinrun')).toBe('coinrun');
  const { worlds, asked } = await worldsFor([], () => undefined);
  // What blurs stands last.
  expect(worlds.at(-1)!.entry.name).toBe('coinrun-int4');
  expect(new Set(worlds.map(({ entry }) => entry.name)).size).toBe(worlds.length);
  expect(asked).toEqual(worlds);
});
