import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findRedis } from '@snowglobe/cluster/internal';
import { encodeWorld } from '@snowglobe/model';
import { untrainedWorld } from '@snowglobe/runtime/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseRecord } from '../record/record.js';
import { runBench } from '../run.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-bench-cluster-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test.skipIf(!findRedis())('what faults in a cluster cost its players becomes a record', async () => {
  const world = join(folder, 'tiny.safetensors');
  await writeFile(world, encodeWorld(untrainedWorld()));
  const started: string[] = [];
  const record = await runBench({
    ...{ suites: ['cluster'], world, cluster: { faults: 2, players: 4 } },
    onStart: (name, done, total) => started.push(`${name}, ${done} of ${total}`),
  });
  expect(started).toEqual([`cluster of ${world}: kill, 0 of 2`, `cluster of ${world}: pause, 1 of 2`]);
  expect(parseRecord(JSON.parse(JSON.stringify(record)), 'the record')).toEqual(record);
  const { summary, entries, notes } = record;
  expect([summary.faults, summary.survived, notes.filter((note) => note.includes('session'))]).toEqual([
    ...[2, 2, []],
  ]);
  // A killed node is noticed at once, or after a second, and its lease ends two seconds after its last frame.
  expect(summary.recoveryP50).toBeGreaterThan(500);
  expect(summary.recoveryP99).toBeGreaterThanOrEqual(summary.recoveryP50!);
  expect(entries.filter(({ family }) => family === 'fault').map(({ samples }) => samples.length)).toEqual([
    ...[1, 1],
  ]);
  const recoveries = entries.filter(({ family }) => family === 'recovery');
  expect(recoveries[0]!.shape).toBe(`${world}, 3 nodes, 4 players, kill`);
});
