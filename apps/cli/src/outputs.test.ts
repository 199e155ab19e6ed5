import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { snowglobe } from './testing/snowglobe.js';

vi.setConfig({ testTimeout: 180_000 });

const worlds = fileURLToPath(new URL('../../../packages/runtime/worlds/', import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-outputs-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('a result never takes the place of the world that it is made from, by a link neither', async () => {
  const world = join(folder, 'my.safetensors');
  const link = join(folder, 'link.onnx');
  await copyFile(join(worlds, 'coinrun.safetensors'), world);
  await symlink(world, link);
  const before = await readFile(world);
  const quantized = await snowglobe([
    ...['quantize', world, '--scheme', 'w8a16', '--algorithm', 'rtn', '--no-measure', '--out', world],
  ]);
  expect([quantized.code, quantized.stderr]).toEqual([
    1,
    expect.stringContaining(
      `${world}: is the world that is read, and would be lost; give --out another name.`,
    ),
  ]);
  const exported = await snowglobe(['export', world, '--out', link]);
  expect([exported.code, exported.stderr]).toEqual([1, expect.stringContaining('is the world that is read')]);
  expect(Buffer.compare(await readFile(world), before)).toBe(0);
});

test('what cannot be written is told before the work', async () => {
  const prompt = join(worlds, 'prompts', 'coinrun-1.png');
  const generate = ['generate', '--world', 'coinrun-int4', '--prompt', prompt, '--actions', 'right*3000'];
  await mkdir(join(folder, 'taken.gif'));
  for (const out of [join(folder, 'taken.gif'), join(folder, 'nowhere', 'x.gif')]) {
    const { code, stderr } = await snowglobe([...generate, '--out', out]);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/cannot be saved, (there is a|the) folder/)]);
    expect(stderr).not.toContain('frames/s');
  }
  const file = join(folder, 'file');
  await writeFile(file, '');
  const { code, stderr } = await snowglobe(['check-gpu', '--minutes', '1', '--out', file]);
  expect([code, stderr]).toEqual([
    1,
    expect.stringMatching(/^snowglobe: .*logs: cannot be made, .*file is no folder; choose another name/),
  ]);
});

test('a filter that nothing matches is told', async () => {
  const { code, stderr } = await snowglobe(['bench', '--suite', 'model', '--filter', 'nosuch']);
  expect([code, stderr]).toEqual([
    1,
    expect.stringContaining('bench: nothing is called like /nosuch/ in model; leave --filter out'),
  ]);
});
