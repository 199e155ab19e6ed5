import { createNodeOnnxExecutor } from '@snowglobe/runtime';
import { untrainedConfig, untrainedWorld } from '@snowglobe/runtime/testing';
import { afterAll, expect, it } from 'vitest';
import { normals } from '../testing/random.js';
import { QuantizationStudy } from './study.js';

const executor = createNodeOnnxExecutor({ threads: 1 });
afterAll(() => executor.close());

it('a world that learned from longer windows than others is calibrated and measured over its own', async () => {
  // Longer than the 36 frames that worlds play to be calibrated, and the 24 in which they are compared.
  const lookback = { frames: 4, recent: 2, window: 40 };
  const file = untrainedWorld({ whole: true, dynamics: { width: 32, memory: 48, lookback } });
  const size = untrainedConfig.width * untrainedConfig.height * 3;
  const prompts = [1, 2].map((seed) => Float32Array.from(normals(size, seed), (x) => Math.tanh(x)));
  const study = await QuantizationStudy.open(file, { executor, prompts, seed: 3, runs: 16 });
  await study.calibrate();
  const plan = study.uniform('w4a16-g32', 'awq');
  const figures = await study.measure(await study.quantize(plan));
  expect(figures.bits).toBeLessThan(6);
  expect(figures.klMean).toBeGreaterThan(0);
  expect(figures.klStandardError).toBeGreaterThan(0);
  for (const [part, { klMean }] of Object.entries(figures.parts)) {
    expect(Number.isFinite(klMean), part).toBe(true);
  }
  expect([...study.layers.keys()].some((name) => name.startsWith('dynamics/'))).toBe(true);
  await study.close();

  const short = await QuantizationStudy.open(file, { executor, prompts, seed: 3, runs: 16, steps: 39 });
  await expect(short.measureLayers([{ scheme: 'w8a16', algorithm: 'rtn' }])).rejects.toThrow(
    'quantize: 16 runs of 39 frames have 0 windows of 40, which this world learned from, and a comparison needs 2; play more runs, of 40 frames or more.',
  );
}, 120_000);
