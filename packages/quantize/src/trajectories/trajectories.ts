import { rollOut } from '@snowglobe/eval';
import { seedsFrom, worldsAtOnce } from '@snowglobe/eval/internal';
import type { Executor, Graph, TensorData, VariableStore } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import type { FamilyQuantization, Series, WorldModel } from '@snowglobe/model';
import { oneActionLogits, generatorFor, noPreference } from '@snowglobe/model';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { ObservedGraph } from './observe.js';

/** Steps for which an action is held, at most. */
const heldFor = 8;

export interface TrajectoryOptions {
  readonly executor: Executor;
  /** Holds the weights of the float world. */
  readonly store: VariableStore;
  /** (H, W, 3) each, in −1 … 1: where worlds begin. Reused in turn where there are fewer than worlds. */
  readonly prompts: readonly Float32Array[];
  /** Worlds; a multiple of `worldsAtOnce` is used. */
  readonly worlds: number;
  readonly steps: number;
  readonly temperature: number;
  /** Decides actions and what is sampled. */
  readonly seed: number;
  /** Called after every step with what an observed graph has seen. */
  readonly observe?: {
    readonly by: (graph: Graph) => ObservedGraph;
    add(results: Record<string, unknown>): void;
  };
  readonly onProgress?: (done: number, total: number) => void;
}

/** Steps of runs that are cut into windows: at least one window each, whatever the world remembers. */
export const stepsFor = ({ windowFrames }: FamilyQuantization, steps: number): number =>
  Math.max(steps, windowFrames);

/** What the float world saw and did: what a quantized one is asked to do again from the same states. */
export interface Trajectory {
  readonly steps: number;
  /** Frames (T, H·W·3) before and after each step as `before` and `after`, `action` (T, A), and what the family records. */
  readonly series: Series;
}

/**
 * Plays the float world from prompts, half of it with one action after the other held for a while, half by what it finds
 * likely itself, and keeps what happened.
 * @throws SnowglobeError for prompts that are none, or of another size
 */
export async function playTrajectories(
  model: WorldModel,
  { executor, store, prompts, worlds, steps, temperature, seed, observe, onProgress }: TrajectoryOptions,
): Promise<Trajectory[]> {
  const { config } = model;
  const { recorded } = (await model.training()).quantization;
  const frameSize = config.width * config.height * 3;
  if (prompts.length === 0) {
    throw new SnowglobeError('calibration: there is no frame to begin with; give recordings or pictures.');
  }
  for (const { length } of prompts) {
    if (length === frameSize) continue;
    throw new SnowglobeError(
      `calibration: a frame has ${length} numbers and this world's ${config.width}x${config.height} pixels have ${frameSize}; give recordings at its size.`,
    );
  }
  const plain = model.frameGraph({ batch: worldsAtOnce });
  const seen = observe?.by(plain);
  const graph = seen?.graph ?? plain;
  const program = await executor.compile(graph, { store, freeze: true });
  const outputs = [...new Set(['frame', 'action', ...Object.values(recorded.outputs)])];
  const { actions } = model;
  const result: Trajectory[] = [];
  const rounds = Math.ceil(worlds / worldsAtOnce);
  try {
    for (let round = 0; round < rounds; round++) {
      const random = generatorFor(seed, `trajectories ${round}`);
      const first = new Float32Array(worldsAtOnce * frameSize);
      for (let b = 0; b < worldsAtOnce; b++) {
        first.set(prompts[(round * worldsAtOnce + b) % prompts.length]!, b * frameSize);
      }
      const all = Array.from({ length: worldsAtOnce }, () => new Map<string, Float32Array | Int32Array>());
      const keep = (name: string, t: number, from: TensorData): void => {
        const size = from.length / worldsAtOnce;
        all.forEach((series, b) => {
          if (!series.has(name)) {
            const Values = from instanceof Int32Array ? Int32Array : Float32Array;
            series.set(name, new Values(steps * size));
          }
          series.get(name)!.set(from.subarray(b * size, (b + 1) * size), t * size);
        });
      };
      const held = new Int32Array(worldsAtOnce);
      const actionLogits = (t: number): Float32Array[] =>
        Array.from(held, (_, b) => {
          if (t === 0 || uniformInt(random, 0, heldFor - 1) === 0) {
            held[b] = uniformInt(random, 0, 2 * actions.count - 1);
          }
          // Beyond the actions stands no preference.
          return held[b]! < actions.count ? oneActionLogits(held[b]!, actions) : noPreference(actions);
        });
      let frame: TensorData = first;
      await rollOut(
        { graph, program, store, model },
        {
          ...{ length: steps, prompts: first, actionLogits, temperature, confidenceThreshold: 0 },
          seeds: seedsFrom(seed, round * worldsAtOnce, worldsAtOnce),
          outputs: [...outputs, ...(seen?.outputs ?? [])],
          before: async (t) => {
            keep('before', t, frame);
            for (const [name, variable] of Object.entries(recorded.state)) {
              keep(name, t, await store.read(variable));
            }
          },
        },
        (t, run) => {
          frame = run['frame']!;
          keep('after', t, frame);
          keep('action', t, run['action']!);
          for (const [name, output] of Object.entries(recorded.outputs)) keep(name, t, run[output]!);
          observe?.add(run);
          onProgress?.(round * steps + t + 1, rounds * steps);
        },
      );
      result.push(...all.map((series) => ({ steps, series })));
    }
  } finally {
    await program.close();
  }
  return result;
}
