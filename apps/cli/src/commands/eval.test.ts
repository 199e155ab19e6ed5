import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodePng } from '@snowglobe/media';
import { readWorldFile, writeWorldFile } from '@snowglobe/runtime';
import { untrainedConfig, untrainedWorld } from '@snowglobe/runtime/testing';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { snowglobe } from '../testing/snowglobe.js';

vi.setConfig({ testTimeout: 180_000 });

let folder: string;
let world: string;
let clips: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-eval-'));
  world = join(folder, 'small.safetensors');
  await writeWorldFile(world, untrainedWorld({ whole: true }));
  const { width, height } = untrainedConfig;
  clips = join(folder, 'clips');
  for (const run of [0, 1]) {
    await mkdir(join(clips, `run${run}`), { recursive: true });
    for (let t = 0; t < 40; t++) {
      const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 7 + t * (3 + run)) % 256);
      await writeFile(join(clips, `run${run}`, `${t}.png`), encodePng({ width, height, channels: 3, data }));
    }
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const evaluate = (...args: string[]) =>
  snowglobe(['eval', world, '--data', clips, '--threads', '1', '--cache', join(folder, 'cache'), ...args]);

test('walks for long and says what came of it, as JSON and as a table', async () => {
  const long = ['--no-rollouts', '--long', '--frames', '60', '--starts', '2', '--idle-seconds', '2'];
  const result = await evaluate(...long, '--memory', '--keep', '--json');
  expect(result.code, result.stderr).toBe(0);
  const { long: json, memory, rollouts } = JSON.parse(result.stdout) as Record<string, any>;
  expect(rollouts).toBeUndefined();
  // Noise never comes back.
  expect(memory.spans).toEqual([]);
  expect(json).toMatchObject({ starts: 2, frames: 60, kinds: { by: 'prototypes' } });
  expect(json.melts).toHaveLength(2);
  const names = json.figures.map(({ name }: { name: string }) => name);
  expect(names).toEqual(
    expect.arrayContaining(['meltsAt', 'driftAuc', 'detailKept', 'frechetWorst', 'idlePerFrame']),
  );
  // The file keeps the tables, and what was in it before.
  const { measurements, evaluation } = (await readWorldFile(world)).metadata;
  expect(measurements!.long).toMatchObject({ recordings: 'clips', starts: 2, frames: 60, seed: 0 });
  expect(measurements!.long!.figures).toEqual(json.figures);
  expect(evaluation).toEqual({});
  const { stdout } = await evaluate(...long, '--physics');
  expect(stdout).toMatch(/keys that show within 15 frames +\d/);
  expect(stdout).toContain('played for 60 frames from 2 starts');
  expect(stdout).toMatch(/walks that hold for 60 frames \(2\) +\d+\.\d %/);
});

test('what does not go together is refused before anything takes time', async () => {
  const refused = async (message: RegExp, ...args: string[]) => {
    const { stderr, code } = await evaluate(...args);
    expect(stderr).toMatch(message);
    expect(code).not.toBe(0);
  };
  await refused(/nothing to measure; add --long, --physics, --memory, --words or --events/, '--no-rollouts');
  await refused(/rules are in the words of a legend/, '--long', '--rules', 'a.json');
  const legend = join(folder, 'legend.json');
  await writeFile(legend, '{"cell": 7}');
  await refused(/legend\.json: the field 'rows' is missing; mend the legend/, '--long', '--legend', legend);
});
