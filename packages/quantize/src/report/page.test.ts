import { renderReport } from '@snowglobe/report';
import { expect, it } from 'vitest';
import type { SchemeFigures } from '../study/figures.js';
import { comparisonReport } from './page.js';

const float = {
  ...{ bytes: 20e6, rolloutPsnr: 22.5, rolloutPsnrDrop: 0, rolloutPsnrDropStandardError: 0 },
  ...{ delta4: 4, delta4Drop: 0, reconstruction: { name: 'tokenizer', psnr: 32, drop: 0 } },
};
const layer = (name: string, outputSqnr: number) => ({
  ...{ name, scheme: 's', algorithm: 'gptq', shape: [8, 4] as const, bytes: 32 },
  ...{ sqnr: 20, relativeError: 0.1, cosine: 0.99, outputSqnr },
});
const scheme = (name: string, bytes: number): SchemeFigures => ({
  ...{ ...float, scheme: name, bits: 4.5, bytes, klMean: 0.01, klStandardError: 0.001, top1: 0.97 },
  ...{ top1StandardError: 0.002, parts: {}, layers: [layer('fine', 40), layer('<coarse>', 10)] },
  framesPerSecond: { onnx: 12.3 },
});

it('plots every scheme over its size, lists layers from the worst on, and shows frames', async () => {
  const comparison = {
    ...{ world: 'w', comparedWith: 'recordings' as const, float },
    schemes: [scheme('a', 3e6), scheme('b', 5e6)],
  };
  const shown = new Map(['recorded', 'float', 'a'].map((name) => [name, [new Float32Array(12)]]));
  const report = comparisonReport(comparison, shown, { width: 2, height: 2 });
  const [quality, frames, layers] = report.sections;
  for (const { x, series } of quality!.charts!) {
    expect(x).toEqual([3, 5]);
    expect(series.map(({ label, y }) => [label, y.findIndex((value) => value !== null)])).toEqual([
      ['a', 0],
      ['b', 1],
    ]);
  }
  expect(frames!.pictures!.map(({ caption }) => caption)).toEqual([
    'what it should be',
    'float',
    'a, 3.00 MB',
  ]);
  expect(layers!.tables![0]!.rows.map(([name]) => name)).toEqual(['<coarse>', 'fine']);
  const page = await renderReport(report);
  expect(page).toContain('&lt;coarse&gt;');
  expect(page).not.toContain('<coarse>');
});
