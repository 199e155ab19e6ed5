import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CheckEntry } from '@snowglobe/bench';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { snowglobe } from '../testing/snowglobe.js';

// Each test starts processes, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-check-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Checked {
  adapter: { name: string };
  summary: Record<'passed' | 'failed' | 'notAvailable' | 'notReached', number>;
  entries: CheckEntry[];
}

test('kernels are checked, and every line is written as soon as it is known', async () => {
  const out = join(folder, 'lines.jsonl');
  const args = ['check', '--filter', '^(gelu|sum) ', '--json', '--out', out];
  const { code, stdout, stderr } = await snowglobe(args, { SNOWGLOBE_DEVICE: '' });
  expect([code, stderr]).toEqual([0, expect.not.stringContaining('passed')]);
  const { adapter, summary, entries } = JSON.parse(stdout) as Checked;
  expect(summary.passed).toBe(entries.filter(({ status }) => status === 'passed').length);
  expect(summary.passed).toBeGreaterThan(4);
  expect([summary.failed, summary.notReached]).toEqual([0, 0]);
  const lines = (await readFile(out, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines[0]).toMatchObject({ format: 'snowglobe-check', adapter: { name: adapter.name } });
  expect(lines.at(-1)).toEqual({ summary });
  const results = lines.slice(1, -1).filter(({ status }) => status !== 'started');
  expect(results).toEqual(entries);
  // A kernel that ends the process is the last that was started.
  const passed = lines.findIndex(({ status }) => status === 'passed');
  expect(lines[passed - 1]).toMatchObject({ status: 'started', variant: lines[passed]!['variant'] });
});

test('what time does not allow is listed; what matches nothing, or cannot be written, is refused', async () => {
  const late = await snowglobe(['check', '--filter', '^matmul ', '--minutes', '0'], { SNOWGLOBE_DEVICE: '' });
  expect(late.code).toBe(0);
  expect(late.stdout).toMatch(/^0 passed, 0 failed, [1-9]\d* not reached/m);
  const nothing = await snowglobe(['check', '--filter', 'no such op', '--json'], { SNOWGLOBE_DEVICE: '' });
  expect(nothing.code).toBe(1);
  expect((JSON.parse(nothing.stdout) as Checked).entries).toEqual([]);
  expect(nothing.stderr).toMatch(/no op and shape matches \/no such op\//);
  const place = await snowglobe(['check', '--out', join(folder, 'no', 'such', 'folder', 'x.jsonl')]);
  expect([place.code, place.stderr]).toEqual([1, expect.stringMatching(/x\.jsonl/)]);
});
