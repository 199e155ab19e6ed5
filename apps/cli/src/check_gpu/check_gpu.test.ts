import { readFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { snowglobe } from '../testing/snowglobe.js';
import { parts } from './parts.js';
import type { Summary } from './summary.js';

vi.setConfig({ testTimeout: 300_000 });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-check-gpu-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('every part is done, wholly or as far as its time went, or says why it is not', async () => {
  const { code, stdout } = await snowglobe(['check-gpu', '--minutes', '1', '--out', folder, '--json']);
  expect(code).toBe(0);
  const answer = JSON.parse(stdout) as Summary;
  const { folder: where, ...summary } = answer as Summary & { folder: string };
  expect(where).toBe(folder);
  expect(JSON.parse(await readFile(join(folder, 'summary.json'), 'utf8'))).toEqual(summary);
  expect(summary.parts.map(({ name }) => name)).toEqual(parts.map(({ name }) => name));
  expect(summary.adapter).toEqual(expect.any(String));
  for (const { name, state, reason } of summary.parts) {
    if (state === 'left out') expect(reason).toMatch(/no shader-f16|took its time/);
    // On a busy machine a part may be cut off; none may fail.
    else
      expect([name, state, reason]).toEqual([
        name,
        expect.stringMatching(/^(done|done in part|out of time)$/),
        undefined,
      ]);
  }
  const check = summary.parts.find(({ name }) => name === 'check')!;
  expect(check.figures['failed'] ?? 0).toBe(0);
  const files = await readdir(folder);
  expect(files).toEqual(expect.arrayContaining(['check.jsonl', 'devices.json', 'logs', 'summary.json']));
});

test('without an adapter what needs one is left out, and the rest is done', async () => {
  const out = join(folder, 'none');
  const { code, stdout } = await snowglobe(
    ['check-gpu', '--minutes', '0.5', '--out', out, '--device', 'voodoo', '--json'],
    {},
  );
  expect(code).toBe(0);
  const { adapter, parts: reports } = JSON.parse(stdout) as Summary;
  expect(adapter).toBeNull();
  expect(reports[0]).toMatchObject({
    name: 'devices',
    state: 'failed',
    reason: expect.stringMatching(/voodoo/),
  });
  for (const { state, reason } of reports.slice(1)) {
    expect([state, reason]).toEqual(['left out', 'no WebGPU adapter was found']);
  }
});
