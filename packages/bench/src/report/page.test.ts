import { renderReport } from '@snowglobe/report';
import { expect, test } from 'vitest';
import { entryOf, recordOf } from '../testing/record.js';
import { benchReport } from './page.js';

test('the page has a table a family, the roofline, and what sparsity and history cost', async () => {
  const record = recordOf([
    entryOf('matmul', '1x2x3', 2, {
      gflops: 10,
      gbs: 5,
      share: 0.5,
      maxError: 1e-6,
      peers: { ortWebgpu: 8 },
    }),
    entryOf('attention-sparse', '64x4096, 0 % left out', 5, { denseMs: 4 }),
    entryOf('attention-sparse', '64x4096, 75 % left out', 1, { denseMs: 4 }),
    entryOf('history', '16 frames', 1),
    entryOf('history', '1024 frames', 1.2),
  ]);
  const { sections } = benchReport([record]);
  const [section] = sections;
  expect(section!.title).toBe('Some GPU, 2026-01-02');
  expect(section!.tables!.map(({ columns }) => columns[0])).toEqual([
    'matmul',
    'attention-sparse',
    'history',
  ]);
  expect(section!.tables![0]!.rows).toEqual([
    ['1x2x3', 'tile32x32', { text: '2 ms', bar: 2 }, { text: '8 ms', bar: 8 }, '4x', '50 %', '1.0e-6'],
  ]);
  const [roofline, sparsity, history] = section!.charts!;
  // The roof's ridge lies at 1000 GFLOP/s by 100 GB/s; the kernel does 2 operations a byte.
  expect(roofline!.x).toEqual([1, 2, 10, 20]);
  expect(roofline!.series[0]!.y).toEqual([100, 200, 1000, 1000]);
  expect(roofline!.series[1]).toMatchObject({ label: 'matmul', y: [null, 10, null, null] });
  expect(sparsity).toMatchObject({ x: [0, 75], series: [{ y: [5, 1] }, { y: [4, 4] }] });
  expect(history).toMatchObject({ x: [16, 1024], series: [{ y: [1, 1.2] }] });
  expect(await renderReport(benchReport([record]))).toContain('Against ONNX Runtime’s WebGPU: 4x');
});
