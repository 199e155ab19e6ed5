import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { platformer } from '@snowglobe/worlds';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { snowglobe } from '../testing/snowglobe.js';

// Each test starts processes, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-record-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('records clips with the actions that explain them, the same for the same seed', async () => {
  const args = ['record', 'platformer', '--clips', '2', '--frames', '12', '--seed', '5', '--json'];
  const [a, b] = await Promise.all(
    ['a', 'b'].map((name) => snowglobe([...args, '--out', join(folder, name)])),
  );
  expect(a!.code, a!.stderr).toBe(0);
  const report = JSON.parse(a!.stdout) as { files: string[] };
  expect(report).toMatchObject({ simulator: 'platformer', clips: 2, frames: 12, seed: 5, lossless: true });
  expect((await readdir(join(folder, 'a'))).sort()).toEqual(
    report.files
      .map((path) => path.slice(join(folder, 'a').length + 1))
      .flatMap((name) => [name.replace('.mp4', '.json'), name])
      .sort(),
  );
  expect(b!.code, b!.stderr).toBe(0);
  for (const path of report.files) {
    const twin = path.replace(join(folder, 'a'), join(folder, 'b'));
    expect(await readFile(path)).toEqual(await readFile(twin));
    const log = JSON.parse(await readFile(path.replace('.mp4', '.json'), 'utf8')) as {
      level: number;
      actions: (number | null)[];
      states: number[][];
    };
    // Playing the logged actions again must lead to the logged states.
    let state = platformer.create({ seed: log.level });
    const states = log.actions.map((action) => {
      const measured = platformer.measure(state);
      if (action !== null) state = platformer.step(state, action);
      return measured;
    });
    expect(states).toEqual(log.states);
    expect(log.actions.map((action) => action === null)).toEqual([...Array<boolean>(11).fill(false), true]);
  }
});

test('bad usage is 2, a folder that cannot be made is 1', async () => {
  const file = join(folder, 'file');
  await writeFile(file, '');
  const [simulator, count, noOut, look, otherLook, untold, occupied] = await Promise.all([
    snowglobe(['record', 'doom', '--out', folder]),
    snowglobe(['record', 'platformer', '--frames', '1', '--out', folder]),
    snowglobe(['record', 'platformer']),
    snowglobe(['record', 'platformer', '--look', 'plaid', '--out', folder]),
    snowglobe(['record', 'dungeon', '--look', platformer.looks[0]!, '--out', folder]),
    snowglobe(['record', 'platformer', '--events', '1', '--out', folder]),
    snowglobe(['record', 'platformer', '--clips', '1', '--out', join(file, 'x')]),
  ]);
  expect([simulator.code, simulator.stderr]).toEqual([2, expect.stringMatching(/choices are platformer/)]);
  expect([count.code, count.stderr]).toEqual([2, expect.stringMatching(/an integer from 2 to 100000/)]);
  expect([noOut.code, noOut.stderr]).toEqual([2, expect.stringMatching(/'--out <folder>' not specified/)]);
  expect([look.code, look.stderr]).toEqual([2, expect.stringMatching(/'plaid' is invalid/)]);
  expect([otherLook.code, otherLook.stderr]).toEqual([
    2,
    expect.stringMatching(/dungeon has no .*; use one of/),
  ]);
  expect([untold.code, untold.stderr]).toEqual([2, expect.stringMatching(/platformer cannot be told any/)]);
  expect(occupied.code).toBe(1);
  expect(occupied.stderr).toMatch(/file.x: cannot be made, .*file is no folder; choose another name/);
  expect(occupied.stderr).not.toMatch(/^\s+at /m);
});
