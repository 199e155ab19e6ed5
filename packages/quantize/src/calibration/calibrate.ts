import type { Executor, TensorData, VariableStore } from '@snowglobe/graph';
import type { WorldModel } from '@snowglobe/model';
import type { Statistics } from '../algorithms/statistics.js';
import { inputsFor, windowsOf } from '../trajectories/windows.js';
import { windowsAtOnce } from '../world/batch.js';
import type { Layer } from '../world/layers.js';
import type { ObservedGraph } from '../trajectories/observe.js';
import { observed, Observer } from '../trajectories/observe.js';
import { playTrajectories, stepsFor } from '../trajectories/trajectories.js';

export interface CalibrationOptions {
  readonly executor: Executor;
  /** Holds the weights of the float world. */
  readonly store: VariableStore;
  /** (H, W, 3) each, in −1 … 1: frames from which the world plays. */
  readonly prompts: readonly Float32Array[];
  /** Worlds that play; default 16. */
  readonly worlds?: number;
  /** Frames that each plays; default 36, or a window of the family's where that is longer. */
  readonly steps?: number;
  readonly temperature: number;
  readonly seed: number;
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Lets the float world play from prompts, and keeps what every layer multiplies by its weights: in play itself, and in
 * what the family calibrates beside it on the frames that were sampled.
 * @throws SnowglobeError for prompts that are none, or of another size
 */
export async function calibrate(
  model: WorldModel,
  { executor, store, prompts, worlds = 16, steps: wanted, temperature, seed, onProgress }: CalibrationOptions,
): Promise<Map<string, Statistics>> {
  const { quantization } = await model.training();
  const steps = wanted ?? stepsFor(quantization, 36);
  const observer = new Observer();
  const layers = new Map<string, Layer>();
  let seen: ObservedGraph | undefined;
  const trajectories = await playTrajectories(model, {
    ...{ executor, store, prompts, worlds, steps, temperature, seed },
    observe: {
      by: (graph) => (seen = observed(graph)),
      add: (results) => observer.add(results as Record<string, TensorData>),
    },
    ...(onProgress && { onProgress }),
  });
  seen!.layers.forEach((layer, name) => layers.set(name, layer));
  const windows = windowsOf(trajectories, quantization, seed);
  for (const source of quantization.calibrated(windowsAtOnce)) {
    const { graph, outputs, layers: own } = observed(source);
    const program = await executor.compile(graph, { store, freeze: true });
    for (let first = 0; first + windowsAtOnce <= windows.length; first += windowsAtOnce) {
      observer.add(await program.run(inputsFor(graph, windows.slice(first, first + windowsAtOnce)), outputs));
    }
    await program.close();
    own.forEach((layer, name) => layers.set(name, layer));
  }
  return observer.statistics(layers);
}
