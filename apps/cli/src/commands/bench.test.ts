import type { BenchRecord } from '@snowglobe/bench';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { snowglobe } from '../testing/snowglobe.js';

// Each test starts processes, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 180_000 });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-bench-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('a record is measured, compared and shown as a page; a changed one is refused', async () => {
  const out = join(folder, 'one.json');
  const { code, stdout } = await snowglobe(
    ['bench', '--suite', 'kernels', '--filter', 'matmul-w4a16 (1|16)x', '--json', '--out', out],
    { SNOWGLOBE_DEVICE: '' },
  );
  expect(code).toBe(0);
  const record = JSON.parse(stdout) as BenchRecord;
  expect(record).toMatchObject({
    adapter: { name: expect.any(String) },
    entries: [
      { family: 'matmul-w4a16', shape: '1x512x512', variant: expect.any(String), ms: expect.any(Number) },
      { shape: '16x512x512', maxError: expect.any(Number) },
    ],
    summary: { geomeanVsOrtWebgpu: null, worstFamilyVsOrtWebgpu: null, historyCost1024Over16: null },
  });
  expect(JSON.parse(await readFile(out, 'utf8'))).toEqual(record);
  // Where the roof was measured while the machine did other work, the note says why there is no share.
  const { share, note } = record.entries[1]!;
  expect(share ?? note).toEqual(share === undefined ? expect.stringMatching(/roof/) : expect.any(Number));

  const compared = await snowglobe(['bench', 'compare', out, out]);
  expect(compared.code).toBe(0);
  expect(compared.stdout).toMatch(/matmul-w4a16 +16x512x512 .* 1\.00x +within the spread/);
  expect(compared.stdout).toMatch(/Geometric mean: 1\.00x\./);

  const page = join(folder, 'page.html');
  expect((await snowglobe(['bench', 'report', folder, '--out', page])).code).toBe(0);
  expect(await readFile(page, 'utf8')).toMatch(/<td>16x512x512<\/td>/);

  await writeFile(out, JSON.stringify({ ...record, roofline: { copyGBs: -1, fmaGflops: 1 } }));
  const refused = await snowglobe(['bench', 'compare', out, out]);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(/one\.json: the field 'roofline\.copyGBs' /);
});

test('half precision is used where the adapter can, and the record says what was', async () => {
  const { code, stdout } = await snowglobe(
    ['bench', '--suite', 'kernels', '--filter', 'matmul-w4a16 1x', '--precision', 'f16', '--json'],
    { SNOWGLOBE_DEVICE: '' },
  );
  expect(code).toBe(0);
  const { adapter, entries, notes } = JSON.parse(stdout) as BenchRecord;
  const can = adapter.features.includes('shader-f16');
  expect(entries[0]!.variant.endsWith('-f16')).toBe(can && adapter.kind === 'hardware');
  expect(notes.join()).toMatch(can ? /round their operands to half precision/ : /has no shader-f16/);
});

const preload = (name: string) => ({
  NODE_OPTIONS: `--import=${new URL(`../testing/${name}`, import.meta.url).href}`,
  SNOWGLOBE_DEVICE: '',
});

test('a clock that cannot tell such short kernels gives no time of nothing, and the record can be read', async () => {
  const out = join(folder, 'coarse.json');
  const args = ['bench', '--suite', 'kernels', '--filter', '^matmul 16x', '--json', '--out', out];
  const { code, stdout } = await snowglobe(args, preload('coarse_clock.mjs'));
  expect(code).toBe(0);
  const { method, entries } = JSON.parse(stdout) as BenchRecord;
  for (const { ms, kernelMs, gflops, note } of entries) {
    expect([ms, gflops].every((value) => value! > 0 && Number.isFinite(value))).toBe(true);
    if (method === 'batched') continue;
    if (kernelMs === undefined) expect(note).toMatch(/Too short for the steps/);
    else expect(kernelMs).toBeGreaterThan(0);
  }
  const report = await snowglobe(['bench', 'report', out, '--out', join(folder, 'coarse.html')]);
  expect([report.code, report.stderr]).toEqual([0, '']);
});

test('an adapter that says it is a GPU is measured with dispatches that it allows, and stdout stays JSON', async () => {
  const args = ['bench', '--suite', 'kernels', '--filter', '^matmul-w4a16 1x', '--json'];
  const { code, stdout, stderr } = await snowglobe(args, preload('as_hardware.mjs'));
  expect(code).toBe(0);
  const { adapter, roofline, precision } = JSON.parse(stdout) as BenchRecord;
  expect(adapter).toMatchObject({ kind: 'hardware', info: { vendor: 'test' } });
  expect(roofline!.copyGBs).toBeGreaterThan(0);
  expect(precision).toBe('f32');
  const largest = Number(/largest count of workgroups: (\d+)/.exec(stderr)![1]);
  expect(largest).toBeGreaterThan(1000);
  expect(largest).toBeLessThanOrEqual(65535);
});

test('what makes no sense is refused with what would', async () => {
  const suite = await snowglobe(['bench', '--suite', 'kernel']);
  expect([suite.code, suite.stderr]).toEqual([2, expect.stringMatching(/among kernels, model, cold-start/)]);
  const pattern = await snowglobe(['bench', '--filter', '(']);
  expect([pattern.code, pattern.stderr]).toEqual([2, expect.stringMatching(/must be a regular expression/)]);
  const ending = await snowglobe(['bench', '--out', join(folder, 'record.html')]);
  expect([ending.code, ending.stderr]).toEqual([2, expect.stringMatching(/a record must end in \.json/)]);
  const compare = await snowglobe(['bench', 'compare', 'one.json']);
  expect([compare.code, compare.stderr]).toEqual([
    2,
    expect.stringMatching(/bench compare BEFORE\.json AFTER\.json/),
  ]);
  const missing = await snowglobe(['bench', 'compare', 'none.json', 'none.json']);
  expect([missing.code, missing.stderr]).toEqual([1, expect.stringMatching(/none\.json: cannot be read/)]);
  const device = await snowglobe(['bench', '--device', 'voodoo']);
  expect([device.code, device.stderr]).toEqual([1, expect.stringMatching(/no name contains 'voodoo'/)]);
});
