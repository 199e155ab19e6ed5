import { dequantizeMatrix } from '@snowglobe/kernels/testing';
import {
  compare,
  comparisonReport,
  QuantizationStudy,
  parseAlgorithm,
  plansToCompare,
  quantizeMatrix,
  registerPlugin,
} from '@snowglobe/quantize';
import { renderReport } from '@snowglobe/report';
import { createNodeOnnxExecutor } from '@snowglobe/runtime';
import { untrainedConfig, untrainedWorld } from '@snowglobe/runtime/testing';
import { expect, it } from 'vitest';
import ternary from './ternary.js';

it('rounds to three values a group, the nearest ones', () => {
  const weights = Float32Array.from({ length: 100 * 3 }, (_, i) => Math.sin(1 + i * i));
  const options = { scheme: ternary, algorithm: parseAlgorithm('rtn'), name: 'layer' };
  const { matrix } = quantizeMatrix(weights, [100, 3], options);
  const found = dequantizeMatrix(matrix);
  for (let n = 0; n < 3; n++) {
    for (const [from, to] of [
      [0, 64],
      [64, 100],
    ] as const) {
      const scale = Math.abs(matrix.scales[2 * n + from / 64]!);
      for (let k = from; k < to; k++) {
        const [weight, value] = [weights[3 * k + n]!, found[3 * k + n]!];
        const nearest = [-scale, 0, scale].reduce((a, b) =>
          Math.abs(weight - b) < Math.abs(weight - a) ? b : a,
        );
        expect(value).toBeCloseTo(nearest, 6);
      }
    }
  }
});

it('stands in reports beside the schemes of the library, as soon as it is registered', async () => {
  registerPlugin(ternary, 'ternary.js');
  const executor = createNodeOnnxExecutor({ threads: 1 });
  const prompts = [1, 2].map((seed) =>
    Float32Array.from({ length: untrainedConfig.width * untrainedConfig.height * 3 }, (_, i) =>
      Math.sin(i * seed),
    ),
  );
  const study = await QuantizationStudy.open(untrainedWorld({ whole: true }), {
    executor,
    prompts,
    seed: 1,
    runs: 2,
    steps: 10,
  });
  const plans = plansToCompare(study, { algorithm: 'mse' });
  const chosen = plans.filter(({ name }) => ['ternary-g64 mse', 'nf4-g64 mse'].includes(name));
  expect(chosen).toHaveLength(2);
  const comparison = await compare(study, chosen, { world: 'untrained', executors: [] });
  const [nf4, own] = comparison.schemes;
  expect(own).toMatchObject({ scheme: 'ternary-g64 mse' });
  expect(own!.bytes).toBeLessThan(nf4!.bytes);
  const errorOf = (figures: typeof own): number =>
    figures!.layers.reduce((sum, { relativeError }) => sum + relativeError, 0) / figures!.layers.length;
  expect(errorOf(own)).toBeGreaterThan(3 * errorOf(nf4));
  const page = await renderReport(comparisonReport(comparison, study.shown, untrainedConfig));
  expect(page).toContain('ternary-g64');
});
