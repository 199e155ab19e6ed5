/** What people see of a world who play it for long: see `evaluateLong`. */
import type { Executor, VariableStore } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import type { KvCacheBits, Recordings, WorldModel } from '@snowglobe/model';
import { pixelsOf } from '@snowglobe/model/internal';
import type { ActionTable } from '@snowglobe/runtime';
import type { Legend } from './legend/legend.js';
import type { LongEvaluation } from './long/long.js';
import { evaluateLong } from './long/long.js';
import { openReconstruction } from './pictures/reconstruction.js';
import type { Rules } from './rules/rules.js';
import { openWorldWalker } from './walks/world_walker.js';
import { bytesOf } from './walks/walker.js';

export interface MeasureOptions {
  readonly executor: Executor;
  /** Holds the world's weights. */
  readonly store: VariableStore;
  readonly seed: number;
  /** As the world is played. */
  readonly temperature: number;
  readonly confidenceThreshold: number;
  readonly kvCache?: KvCacheBits | undefined;
  /** What the keys of the world mean. */
  readonly keys: ActionTable;
  /** Names of a world's true actions in their order; by default those of the recordings. */
  readonly actionNames?: readonly string[];
  /** What the cells of its frames are called, and the rules of the game. */
  readonly legend?: Legend | undefined;
  readonly rules?: Rules | undefined;
  /** Walks; default 16. */
  readonly starts?: number | undefined;
  /** Walks for long; see `evaluateLong`. */
  readonly long?: { readonly frames?: number | undefined; readonly idleSeconds?: number } | undefined;
  readonly onRemark?: ((remark: string) => void) | undefined;
}

export interface WorldMeasurements {
  readonly long?: LongEvaluation;
}

/**
 * Measures a world of any family on recordings that it never saw.
 * @throws SnowglobeError for recordings of another size or with other actions than the world has
 */
export async function measureWorld(
  data: Recordings,
  model: WorldModel,
  options: MeasureOptions,
): Promise<WorldMeasurements> {
  const { executor, store, seed, keys, actionNames, temperature, confidenceThreshold, kvCache, onRemark } =
    options;
  const { width, height, fps } = model.config;
  if (data.width !== width || data.height !== height) {
    throw new SnowglobeError(
      `eval: recordings of ${data.width}x${data.height} do not fit a world of ${width}x${height}; open them at its size.`,
    );
  }
  if (!options.long) return {};
  const training = await model.training();
  const session = training.open({ data, executor, store, seed, actionNames });
  const walker = await openWorldWalker(data, model, {
    executor,
    store,
    keys,
    temperature,
    confidenceThreshold,
    kvCache,
  });
  const idle = idleKey(keys, options.rules);
  let long: LongEvaluation | undefined;
  try {
    if (options.long) {
      onRemark?.('reading actions off the recordings');
      const actions = await session.actions();
      const again =
        training.reconstruction && (await openReconstruction(training.reconstruction, { executor, store }));
      long = await evaluateLong(data, walker, {
        ...{ executor, seed, fps, idle, legend: options.legend, rules: options.rules, onRemark },
        recorded: { actions, otherwise: idle },
        isIdle: (clip, frame) => isIdleName(data, clip, frame, idle),
        ...(options.starts !== undefined && { starts: options.starts }),
        ...(options.long.frames !== undefined && { frames: options.long.frames }),
        ...(options.long.idleSeconds !== undefined && { idleSeconds: options.long.idleSeconds }),
        ...(again && {
          drawAgain: async (frames) =>
            (await again.draw(frames.map((frame) => pixelsOf(frame)))).map(bytesOf),
        }),
      }).finally(() => again?.close());
    }
  } finally {
    await walker.close();
  }
  return { ...(long && { long }) };
}

/** What doing nothing is called, by the rules or by custom. */
function idleKey(keys: ActionTable, rules: Rules | undefined): string {
  const names = [rules?.idle, 'noop', 'none', 'idle', 'stay'].filter((name) => name !== undefined);
  // A table of keys always knows `none`.
  return names.find((name) => keys.names.includes(name)) ?? 'none';
}

function isIdleName(data: Recordings, clip: number, frame: number, idle: string): boolean {
  const [label] = data.actions(clip, frame, 1);
  return label !== undefined && data.actionNames[label] === idle;
}
