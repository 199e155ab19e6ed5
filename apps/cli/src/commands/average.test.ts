import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readWorldFile, writeWorldFile } from '@snowglobe/runtime';
import { untrainedPatches } from '@snowglobe/runtime/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { snowglobe } from '../testing/snowglobe.js';

let folder: string;
const at = (name: string): string => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-average-'));
  const world = untrainedPatches();
  await writeWorldFile(at('a.safetensors'), world);
  const tensors = new Map(
    [...world.tensors].map(([name, tensor]) => [
      name,
      name.startsWith('dynamics/')
        ? { ...tensor, data: (tensor.data as Float32Array).map((x) => 3 * x) }
        : tensor,
    ]),
  );
  await writeWorldFile(at('b.safetensors'), { ...world, tensors: tensors as typeof world.tensors });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('the mean of two worlds is a world, which says how it was made', async () => {
  const run = await snowglobe([
    ...['average', at('a.safetensors'), at('b.safetensors'), '--only', 'dynamics/'],
    ...['--out', at('mean.safetensors')],
  ]);
  expect(run).toMatchObject({
    code: 0,
    stdout: `${at('mean.safetensors')}: the mean of 2 worlds. Nothing is measured of it yet; run eval.\n`,
  });
  const [a, mean] = [await readWorldFile(at('a.safetensors')), await readWorldFile(at('mean.safetensors'))];
  const [was, is] = [a, mean].map(({ tensors }) => tensors.get('dynamics/positions')!.data as Float32Array);
  was!.forEach((x, i) => expect(is![i]).toBeCloseTo(2 * x, 5));
  expect(mean.metadata.provenance.command).toMatch(
    /; then snowglobe average .*a\.safetensors .*--only dynamics\/$/,
  );
});

test('it writes over none of them, and names what cannot be averaged', async () => {
  const into = await snowglobe([
    'average',
    at('a.safetensors'),
    at('b.safetensors'),
    '--out',
    at('a.safetensors'),
  ]);
  expect(into).toMatchObject({ code: 1, stderr: expect.stringContaining('a.safetensors') as string });
  expect((await readWorldFile(at('a.safetensors'))).tensors).toEqual(untrainedPatches().tensors);
  const alone = await snowglobe(['average', at('a.safetensors'), '--out', at('c.safetensors')]);
  expect(alone.stderr).toMatch(/there are 1 worlds; give two or more/);
});
