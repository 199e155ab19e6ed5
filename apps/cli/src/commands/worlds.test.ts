import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodeWorld } from '@snowglobe/model';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { snowglobe } from '../testing/snowglobe.js';

// Each test starts processes, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

let folder: string;
let bytes: Uint8Array;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-cli-'));
  bytes = encodeWorld({
    metadata: {
      config: { width: 8, height: 8, fps: 15 },
      actionNames: ['none', 'right'],
      provenance: {
        command: 'snowglobe train clips --preset micro --seed 3',
        seeds: [3],
        hours: 0.5,
        machine: '2 CPU cores',
        data: '40 clips of a platformer',
        licences: ['CC0-1.0'],
      },
      evaluation: { tokenizerPsnr: 31.51234 },
      codeToAction: ['right', null, 'none'],
    },
    tensors: new Map([['w', { dtype: 'F16', shape: [1200], data: new Float32Array(1200) }]]),
  });
  await writeFile(join(folder, 'small.safetensors'), bytes);
  await writeFile(join(folder, 'cut.safetensors'), bytes.subarray(0, 100));
  await writeFile(join(folder, 'notes.md'), 'no world');
});
afterAll(() => rm(folder, { recursive: true }));

test('--json lists what headers say; a damaged file is told, and hides no other', async () => {
  const { code, stdout, stderr } = await snowglobe(['worlds', '--json'], { SNOWGLOBE_WORLDS: folder });
  expect(code).toBe(0);
  expect(stdout.match(/\n/g)).toHaveLength(1);
  const listed = JSON.parse(stdout) as { folders: string[]; worlds: unknown[]; broken: unknown[] };
  expect(listed.folders[0]).toBe(folder);
  expect(listed.worlds[0]).toEqual({
    name: 'small',
    path: join(folder, 'small.safetensors'),
    bytes: bytes.length,
    parameters: 1200,
    actions: ['none', 'right'],
    codeToAction: ['right', null, 'none'],
    provenance: {
      command: 'snowglobe train clips --preset micro --seed 3',
      seeds: [3],
      hours: 0.5,
      machine: '2 CPU cores',
      data: '40 clips of a platformer',
      licences: ['CC0-1.0'],
    },
    evaluation: { tokenizerPsnr: 31.51234 },
    config: { width: 8, height: 8, fps: 15 },
  });
  const path = join(folder, 'cut.safetensors');
  expect(listed.broken).toEqual([{ path, error: expect.stringMatching(/cut short or damaged/) as string }]);
  expect(stderr).toMatch(/^.*cut\.safetensors: claims a header of .*\n$/);
});

test('for people: a paragraph a world', async () => {
  const { code, stdout } = await snowglobe(['worlds'], { SNOWGLOBE_WORLDS: folder });
  expect(code).toBe(0);
  expect(stdout).toContain('small\n  file ');
  expect(stdout).toMatch(/ {2}size +\d\.\d kB, 1\.2K parameters\n/);
  expect(stdout).toMatch(/ {2}actions +none, right \(from 3 latent codes\)\n/);
  expect(stdout).toMatch(/ {2}scores +tokenizerPsnr 31\.51\n/);
});

test('docs/results.md is what the worlds that come along say', async () => {
  const root = fileURLToPath(new URL('../../../../', import.meta.url));
  const out = join(folder, 'results.md');
  const { code, stderr } = await snowglobe([
    ...['worlds', join(root, 'packages/runtime/worlds'), '--out', out],
    ...['--published', join(root, 'docs/published.json')],
  ]);
  expect(code, stderr).toBe(0);
  const again =
    'make it again: npm run -s snowglobe -- worlds packages/runtime/worlds --published docs/published.json --out docs/results.md';
  expect(await readFile(out, 'utf8'), again).toBe(await readFile(join(root, 'docs/results.md'), 'utf8'));
});

test('of two worlds of one name the first counts, and the other is told', async () => {
  const own = await mkdtemp(join(tmpdir(), 'snowglobe-cli-'));
  try {
    await writeFile(join(own, 'coinrun.safetensors'), bytes);
    const { stdout, stderr } = await snowglobe(['worlds', '--json'], { SNOWGLOBE_WORLDS: own });
    const { worlds, hidden } = JSON.parse(stdout) as Record<string, { name: string; path: string }[]>;
    expect(worlds!.filter(({ name }) => name === 'coinrun').map(({ path }) => path)).toEqual([
      join(own, 'coinrun.safetensors'),
    ]);
    expect(hidden).toHaveLength(1);
    expect(stderr).toMatch(/coinrun\.safetensors: is not used, as .* has the same name and comes first\./);
  } finally {
    await rm(own, { recursive: true });
  }
});
