import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { MetricsRecord } from './log.js';
import { MetricsLog, parseLog, readLog } from './log.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-log-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const record = (step: number): MetricsRecord => ({
  step,
  seconds: step / 2,
  loss: 1 / step,
  rate: 1,
  framesPerSecond: 64,
  gflops: 12.5,
  metrics: { psnr: 20 + step },
});

async function write(path: string, after: number, stepsToTake: readonly number[]): Promise<void> {
  const log = await MetricsLog.open(path, after);
  for (const step of stepsToTake) await log.append(record(step));
  await log.close();
}

test('what was appended is read', async () => {
  const path = join(folder, 'deep', 'a.log.jsonl');
  await write(path, 0, [1, 2, 3]);
  expect(await readLog(path)).toEqual([1, 2, 3].map(record));
  expect((await readFile(path, 'utf8')).split('\n')).toHaveLength(4);
});

test('opening drops a half-written line and what comes after the checkpoint', async () => {
  const path = join(folder, 'a.log.jsonl');
  await write(path, 0, [1, 2, 3]);
  await appendFile(path, JSON.stringify(record(4)).slice(0, 30));
  await write(path, 2, [3, 4]);
  expect(await readLog(path)).toEqual([1, 2, 3, 4].map(record));
});

test('a file cut anywhere gives the lines before the cut', () => {
  const text = [1, 2, 3].map((step) => `${JSON.stringify(record(step))}\n`).join('');
  fc.assert(
    fc.property(fc.integer({ min: 0, max: text.length }), (length) => {
      const records = parseLog(text.slice(0, length));
      const lines = text.slice(0, length).split('\n').length - 1;
      // A cut just before a line's end leaves it whole.
      expect(records.length - lines).toBeGreaterThanOrEqual(0);
      expect(records.length - lines).toBeLessThanOrEqual(1);
      expect(records).toEqual([1, 2, 3].map(record).slice(0, records.length));
    }),
  );
});

test('no file is no records, and lines that are no records end the log', async () => {
  expect(await readLog(join(folder, 'none'))).toEqual([]);
  const path = join(folder, 'odd');
  await writeFile(path, `${JSON.stringify(record(1))}\n{"step":"two"}\n${JSON.stringify(record(3))}\n`);
  expect(await readLog(path)).toEqual([record(1)]);
});
