import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeImage, encodePng, toRgb } from '@snowglobe/media';
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

test("an atlas of a legend has its large pictures in the places of the world's tiles, and a walk is drawn of it", async () => {
  const world = await readWorldFile(at('patches.safetensors'));
  const codebook = world.tensors.get('patches/codebook')!.data as Float32Array;
  const tile = (k: number): number[] =>
    [...codebook.slice(k * 75, (k + 1) * 75)].map((value) => Math.round((value + 1) * 127.5));
  // The legend lists them in another order, one grey square of two pixels each, four in a row.
  const order = Array.from({ length: 23 }, (_, i) => (i * 7) % 23);
  const names = Object.fromEntries(order.map((k) => [`t${k}`, Buffer.from(tile(k)).toString('base64')]));
  const large = { width: 8, height: 12, channels: 3 as const, data: new Uint8Array(8 * 12 * 3) };
  order.forEach((k, i) => {
    for (const [y, x] of [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ] as const) {
      const pixel = ((Math.floor(i / 4) * 2 + y) * 8 + (i % 4) * 2 + x) * 3;
      large.data.fill(k * 10, pixel, pixel + 3);
    }
  });
  const legend = { cell: 5, rows: 6, columns: 6, viewRows: 5, player: { row: 2, column: 2 }, names };
  await writeFile(at('large_tiles.png'), encodePng(large));
  const layout = { file: 'large_tiles.png', cell: 2, columns: 4 };
  await writeFile(at('legend.json'), JSON.stringify({ ...legend, large: layout }));
  const run = await snowglobe([
    ...['atlas', at('patches.safetensors'), '--legend', at('legend.json'), '--out', at('of_legend.png')],
  ]);
  expect([run.stderr, run.code]).toEqual(['', 0]);
  const drawn = decodeImage(await readFile(at('of_legend.png')), 'of_legend.png');
  expect([drawn.width, drawn.height]).toEqual([32, 4]);
  for (let k = 0; k < 23; k++) {
    expect(drawn.data[(Math.floor(k / 16) * 2 * 32 + (k % 16) * 2) * 3]).toBe(k * 10);
  }
  await writeFile(
    at('prompt.png'),
    encodePng({ width: 32, height: 32, channels: 3, data: new Uint8Array(3072) }),
  );
  const walk = await snowglobe([
    ...['generate', '--world', at('patches.safetensors'), '--prompt', at('prompt.png'), '--actions', '#1*3'],
    ...['--skin', at('of_legend.png'), '--out', at('walk.png'), '--executor', 'reference'],
  ]);
  expect(walk.code).toBe(0);
  const frame = decodeImage(await readFile(join(at('walk'), '00003.png')), 'frame');
  expect([frame.width, frame.height]).toEqual([12, 12]);
  expect(toRgb(frame).data.every((value) => value % 10 === 0)).toBe(true);
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
  expect(layout.stderr).toContain('a picture of 3x3 is none of 23 tiles');
});
