/** Nodes, a Redis and players as processes: whatever fails, players see what they would have seen. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeWorld } from '@snowglobe/model';
import { untrainedWorld } from '@snowglobe/runtime/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findRedis } from './trial/redis.js';
import { faultKinds, runTrial } from './trial/trial.js';

const isLong = process.env['SNOWGLOBE_LONG_TESTS'] === '1';
const redis = findRedis();
let folder: string;
let world: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-cluster-'));
  world = join(folder, 'tiny.safetensors');
  await writeFile(world, encodeWorld(untrainedWorld()));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test.skipIf(!redis)(
  `players miss nothing in ${isLong ? 200 : 10} faults`,
  async () => {
    const { faults, frames, recoveries, wrong, bugs } = await runTrial({
      ...{ redis: redis!, world, nodes: 3, seed: 11 },
      ...(isLong ? { players: 30, faults: 200 } : { players: 4, faults: 10 }),
    });
    expect(wrong).toEqual([]);
    expect(bugs).toEqual([]);
    expect(faults.map(({ isSurvived }) => isSurvived)).toEqual(Array(isLong ? 200 : 10).fill(true));
    expect(new Set(faults.map(({ kind }) => kind)).size).toBe(faultKinds.length);
    expect(frames).toBeGreaterThan(20 * faults.length);
    expect(recoveries.filter(({ kind }) => kind === 'kill').length).toBeGreaterThan(0);
    expect(recoveries.filter(({ kind }) => kind === 'redis')).toEqual([]);
    for (const { ms } of recoveries) expect(ms).toBeLessThan(30_000);
    if (isLong) {
      const sorted = recoveries.map(({ ms }) => Math.round(ms)).sort((x, y) => x - y);
      const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1];
      const survived = faults.filter(({ isSurvived }) => isSurvived).length;
      console.log(
        JSON.stringify({ faults: faults.length, survived, frames, p50: at(0.5), p99: at(0.99), most: at(1) }),
      );
    }
  },
  isLong ? 3_600_000 : 240_000,
);
