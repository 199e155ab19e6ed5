import { rollOut, seedsFrom, worldsAtOnce } from '@snowglobe/eval';
import type { Graph, Executor, VariableStore } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import type { DeltaWorldConfig, WorldModel } from '@snowglobe/model';
import {
  noWish,
  certainWish,
  deltaPositions,
  motionWidth,
  playScope,
  windowLength,
  generatorFor,
} from '@snowglobe/model';
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
  /** Decides actions and what is drawn. */
  readonly seed: number;
  /** Called after every step with what an observed graph has seen. */
  readonly observe?: {
    readonly by: (graph: Graph) => ObservedGraph;
    add(results: Record<string, unknown>): void;
  };
  readonly onProgress?: (done: number, total: number) => void;
}

/** Steps of runs that are cut into windows: at least one window each, whatever the world remembers. */
export const stepsFor = ({ dynamics }: Pick<DeltaWorldConfig, 'dynamics'>, steps: number): number =>
  Math.max(steps, windowLength(dynamics));

/** What the float world saw and did: what a quantized one is asked to do again from the same states. */
export interface Trajectory {
  readonly steps: number;
  /** (T, H·W·3): the frame before each step. */
  readonly before: Float32Array;
  /** (T, H·W·3): the frame after it. */
  readonly after: Float32Array;
  /** (T, S) and (T, M): the motion net's state and the last motion, before each step. */
  readonly motionState: Float32Array;
  readonly lastMotion: Float32Array;
  /** (T, A) and (T, M): what was done, and where the camera went. */
  readonly action: Float32Array;
  readonly motion: Float32Array;
  /** (T, N · books) */
  readonly codes: Int32Array;
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
  const config = model.config as DeltaWorldConfig;
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
  const names = ['frame', 'codes', 'action', 'motion'];
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
      const all = Array.from({ length: worldsAtOnce }, () => emptyTrajectory(config, steps));
      const keep = (part: keyof Trajectory, t: number, from: ArrayLike<number>): void =>
        all.forEach((trajectory, b) => {
          const to = trajectory[part] as Float32Array;
          const size = from.length / worldsAtOnce;
          for (let i = 0; i < size; i++) to[t * size + i] = from[b * size + i]!;
        });
      const held = new Int32Array(worldsAtOnce);
      const wishes = (t: number): Float32Array[] =>
        Array.from(held, (_, b) => {
          if (t === 0 || uniformInt(random, 0, heldFor - 1) === 0) {
            held[b] = uniformInt(random, 0, 2 * actions.count - 1);
          }
          // Beyond the actions is to wish for nothing.
          return held[b]! < actions.count ? certainWish(held[b]!, actions) : noWish(actions);
        });
      let frame: ArrayLike<number> = first;
      await rollOut(
        { graph, program, store, model },
        {
          ...{ length: steps, prompts: first, wishes, temperature, certainty: 0 },
          seeds: seedsFrom(seed, round * worldsAtOnce, worldsAtOnce),
          outputs: [...names, ...(seen?.outputs ?? [])],
          before: async (t) => {
            keep('before', t, frame);
            keep('motionState', t, await store.read(`${playScope}/motionState`));
            keep('lastMotion', t, await store.read(`${playScope}/lastMotion`));
          },
        },
        (t, run) => {
          frame = run['frame']!;
          keep('after', t, frame);
          keep('action', t, run['action']!);
          keep('motion', t, run['motion']!);
          keep('codes', t, run['codes']!);
          observe?.add(run);
          onProgress?.(round * steps + t + 1, rounds * steps);
        },
      );
      result.push(...all);
    }
  } finally {
    await program.close();
  }
  return result;
}

function emptyTrajectory(config: DeltaWorldConfig, steps: number): Trajectory {
  const { width, height, motion, delta } = config;
  const frame = width * height * 3;
  const row = motionWidth(motion);
  return {
    steps,
    before: new Float32Array(steps * frame),
    after: new Float32Array(steps * frame),
    motionState: new Float32Array(steps * motion.width),
    lastMotion: new Float32Array(steps * row),
    action: new Float32Array(steps * motion.actions),
    motion: new Float32Array(steps * row),
    codes: new Int32Array(steps * deltaPositions({ width, height }) * delta.books),
  };
}
