import type { Executor, VariableStore } from '@snowglobe/graph';
import type { PartEvaluator, PartScores } from '../measure/part_evaluator.js';
import { degradationOf } from '../measure/part_evaluator.js';
import { layersOf } from '../world/layers.js';
import type { LayerQuantizer } from '../world/quantize_layers.js';
import { bytesOfMatrix } from '../world/quantize_layers.js';
import type { LayerOption, LayerOptions } from './choose.js';
import type { LayerPlan } from '../world/plan.js';

/** Windows of frames that one layer is measured on: what a layer does alone is seen in few of them. */
const windows = 16;

export interface SensitivityOptions {
  readonly executor: Executor;
  /** Holds the float weights, and does so again afterwards. */
  readonly store: VariableStore;
  /** Ways to quantize a layer, the one that is measured first. */
  readonly ways: readonly LayerPlan[];
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Measures what the world loses when one layer alone is quantized, by the first of the ways. What it loses by another is
 * taken to be in proportion to the squared error of the layer's output: divergences are quadratic in small errors. Layers that
 * play does not use are not measured and cost nothing but bytes.
 */
export async function measureSensitivity(
  quantizer: LayerQuantizer,
  evaluator: PartEvaluator,
  { executor, store, ways, onProgress }: SensitivityOptions,
): Promise<LayerOptions> {
  const usedBy = new Map<string, string[]>();
  for (const { name: part, graph } of evaluator.parts) {
    for (const name of layersOf(graph).keys()) usedBy.set(name, [...(usedBy.get(name) ?? []), part]);
  }
  const opened = await evaluator.open({ executor, store });
  const options = new Map<string, LayerOption[]>();
  try {
    for (const [name, { variable }] of quantizer.layers) {
      const write = (weights: Float32Array): void =>
        store.write(name, { shape: variable, dtype: 'f32' }, weights);
      const layers = ways.map((way) => quantizer.quantize(name, way));
      const parts = usedBy.get(name) ?? [];
      let [degradation, kl] = [0, 0];
      if (parts.length > 0) {
        let scores: PartScores;
        try {
          write(layers[0]!.weights);
          scores = await opened.measure(parts, windows);
        } finally {
          write(quantizer.weights(name));
        }
        degradation = degradationOf(scores, evaluator.parts);
        kl = scores[evaluator.main]?.klMean ?? 0;
      }
      const errors = layers.map(({ weights }) => quantizer.outputError(name, weights));
      const share = (i: number): number => (errors[0]! > 0 ? errors[i]! / errors[0]! : 1);
      options.set(
        name,
        ways.map((way, i) => ({
          ...way,
          bytes: bytesOfMatrix(layers[i]!.matrix),
          degradation: degradation * share(i),
          kl: kl * share(i),
        })),
      );
      onProgress?.(options.size, quantizer.layers.size);
    }
  } finally {
    await opened.close();
  }
  return options;
}
