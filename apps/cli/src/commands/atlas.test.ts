import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeImage, encodePng } from '@snowglobe/media';
import { enlarge } from '@snowglobe/media/internal';
import { readWorldFile, writeWorldFile } from '@snowglobe/runtime';
import { untrainedPatches, untrainedWorld } from '@snowglobe/runtime/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { snowglobe } from '../testing/snowglobe.js';

let folder: string;
const at = (name: string): string => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-atlas-'));
  await writeWorldFile(at('patches.safetensors'), untrainedPatches());
  await writeWorldFile(at('painted.safetensors'), untrainedWorld());
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('an atlas is written, edited, and the world drawn of it', async () => {
  const written = await snowglobe(['atlas', at('patches.safetensors'), '--out', at('atlas.png'), '--json']);
  expect(JSON.parse(written.stdout)).toMatchObject({ width: 80, height: 10 });
  const picture = decodeImage(await readFile(at('atlas.png')), 'atlas.png');
  await writeFile(at('large.png'), encodePng(enlarge(picture, 3)));
  const drawn = await snowglobe([
    ...['atlas', at('patches.safetensors'), '--skin', at('large.png'), '--out', at('large.safetensors')],
  ]);
  expect([drawn.code, drawn.stdout]).toEqual([
    0,
    `${at('large.safetensors')}: the same world in frames of 90x90 pixels.\n`,
  ]);
  const large = await readWorldFile(at('large.safetensors'));
  expect(large.model.config).toMatchObject({ width: 90, height: 90 });
});

test('what cannot be is said before anything is written', async () => {
  const painted = await snowglobe(['atlas', at('painted.safetensors'), '--out', at('none.png')]);
  expect(painted.code).toBe(1);
  expect(painted.stderr).toContain("worlds of the family 'delta' are painted and have no atlas");
  const ending = await snowglobe(['atlas', at('patches.safetensors'), '--out', at('atlas.safetensors')]);
  expect([ending.code, ending.stderr]).toEqual([2, expect.stringContaining('ends in .png')]);
  await writeFile(at('small.png'), encodePng({ width: 3, height: 3, channels: 3, data: new Uint8Array(27) }));
  const layout = await snowglobe([
    ...['atlas', at('patches.safetensors'), '--skin', at('small.png'), '--out', at('x.safetensors')],
  ]);
  expect(layout.code).toBe(1);
  expect(layout.stderr).toContain('a picture of 3x3 is none of 23 patches');
});
