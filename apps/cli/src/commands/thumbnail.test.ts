import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodePng, findContentMarks } from '@snowglobe/media';
import { writeWorldFile } from '@snowglobe/runtime';
import { untrainedConfig, untrainedWorld } from '@snowglobe/runtime/testing';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { snowglobe } from '../testing/snowglobe.js';

vi.setConfig({ testTimeout: 180_000 });

let folder: string;
const at = (name: string): string => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-thumbnail-'));
  await writeWorldFile(at('mine.safetensors'), untrainedWorld());
  await mkdir(at('prompts'));
  const { width, height } = untrainedConfig;
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 7919) % 256);
  await writeFile(at('prompts/mine-1.png'), encodePng({ width, height, channels: 3, data }));
  await mkdir(at('page'));
  await writeFile(at('page/index.html'), '<!doctype html>');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('a world gets a small moving picture, the same each time, which a site then has', async () => {
  const made = await snowglobe(['thumbnail', at('mine.safetensors'), '--json']);
  expect([made.code, made.stderr]).toEqual([0, '']);
  const { thumbnails } = JSON.parse(made.stdout) as { thumbnails: { out: string; frames: number }[] };
  expect(thumbnails).toMatchObject([{ world: 'mine', out: at('thumbnails/mine.gif') }]);
  expect(thumbnails[0]!.frames).toBeGreaterThan(1);
  const gif = await readFile(at('thumbnails/mine.gif'));
  expect(gif.length).toBeLessThanOrEqual(60_000);
  expect(gif.toString('latin1', 0, 6)).toBe('GIF89a');
  expect(findContentMarks(gif)).toEqual(['AIGC', 'DigitalSourceType']);
  await snowglobe(['thumbnail', at('mine.safetensors')]);
  expect(await readFile(at('thumbnails/mine.gif'))).toEqual(gif);

  const site = await snowglobe([
    ...['site', at('mine.safetensors'), '--out', at('site'), '--page', at('page')],
    ...['--producer', 'Example', '--badge'],
  ]);
  expect([site.code, site.stderr]).toEqual([0, '']);
  expect(await readFile(at('site/worlds/thumbnails/mine.gif'))).toEqual(gif);
  expect(JSON.parse(await readFile(at('site/catalog.json'), 'utf8'))).toMatchObject({
    ...{ producer: 'Example', badge: true },
    worlds: [{ thumbnail: 'worlds/thumbnails/mine.gif' }],
  });
});

test('a picture that there is not is named', async () => {
  const { code, stderr } = await snowglobe(['thumbnail', at('mine.safetensors'), '--prompt', '7']);
  expect([code, stderr]).toEqual([1, expect.stringContaining('mine brings 1 pictures, and no number 7')]);
});
