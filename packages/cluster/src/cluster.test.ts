/** Nodes, a Redis and players as processes: whatever fails, players see what they would have seen. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeWorld } from '@snowglobe/model';
import { untrainedWorld } from '@snowglobe/runtime/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findRedis } from './testing/redis.js';
import { faultKinds, runTrial } from './testing/trial.js';

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
    const result = await runTrial({
      ...{ redis: redis!, world, nodes: 3, seed: 11 },
      ...(isLong ? { sessions: 30, faults: 200 } : { sessions: 4, faults: 10 }),
      ...(isLong && { note: (line: string) => console.log(line) }),
    });
    expect(result.wrong).toEqual([]);
    expect(result.bugs).toEqual([]);
    expect(new Set(result.faults).size).toBe(faultKinds.length);
    expect(result.gaps.length).toBeGreaterThan(5);
    const sorted = result.gaps.toSorted((a, b) => a - b);
    const at = (share: number): string => sorted[Math.floor(share * (sorted.length - 1))]!.toFixed(0);
    console.log(
      `${result.faults.length} faults, ${result.frames} frames, ${sorted.length} recoveries: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`,
    );
  },
  isLong ? 3_600_000 : 240_000,
);
