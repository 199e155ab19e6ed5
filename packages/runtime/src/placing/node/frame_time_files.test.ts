import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FrameTimesKey } from '../frame_times_file.js';
import { parseFrameTimes } from '../frame_times_file.js';
import { frameTimeFiles } from './frame_time_files.js';

const key: FrameTimesKey = { checksum: 'ab'.repeat(32), kind: 'onnx', device: 'CPU, 2 threads' };
const times = [
  { rows: 1, ms: 5 },
  { rows: 2, ms: 7 },
];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-frame-times-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('what was measured is there again, for this world and this device alone', async () => {
  const files = frameTimeFiles(join(folder, 'new'));
  expect(await files.load(key)).toBeUndefined();
  await files.save(key, times);
  expect(await files.load(key)).toEqual(times);
  expect(files.pathOf(key)).toMatch(/abababababababab-onnx-CPU-2-threads\.json$/);
  expect(await files.load({ ...key, device: 'CPU, 4 threads' })).toBeUndefined();
  // Names that differ in other signs alone have one file.
  expect(await files.load({ ...key, device: 'CPU; 2 threads' })).toBeUndefined();
});

test('a damaged file costs a measurement, a folder that cannot be made nothing more', async () => {
  const files = frameTimeFiles(folder);
  await files.save(key, times);
  const text = await readFile(files.pathOf(key), 'utf8');
  for (const damaged of [
    '',
    '{}',
    text.slice(0, 40),
    text.replace('"rows": 1', '"rows": 3'),
    text.replace('"ms": 5', '"ms": -5'),
  ]) {
    await writeFile(files.pathOf(key), damaged);
    expect(await files.load(key)).toBeUndefined();
  }
  const nowhere = frameTimeFiles(join(files.pathOf(key), 'folder'));
  await nowhere.save(key, times);
  expect(await nowhere.load(key)).toBeUndefined();
});

test.each([
  [{ times: [] }, /^times\.json: .*; delete it\.$/],
  [{ times: [{ rows: 2, ms: 1 }] }, /has no time of a single row; delete it\.$/],
  [{ times: [...times, times[0]] }, /has a size twice; delete it\.$/],
  [
    { device: 'other' },
    /was measured on onnx \(other\) with another world or another device than onnx \(CPU, 2 threads\)/,
  ],
])('%j is refused', (part, message) => {
  const value = { format: 'snowglobe-frame-times', version: 1, ...key, times, ...part };
  expect(() => parseFrameTimes(value, 'times.json', key)).toThrow(message);
});
