import type { Executor, VariableStore } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import type { KvCacheBits, Recordings, Tiles, WorldModel } from '@snowglobe/model';
import { oneActionLogits } from '@snowglobe/model';
import { pixelsOf } from '@snowglobe/model/internal';
import type { ActionTable } from '@snowglobe/runtime';
import { rollOut } from '../rollouts/roll_out.js';
import { openRestarts } from './restarts.js';
import type { WalkedAction, Walker } from './walker.js';
import { bytesOf } from './walker.js';

/** A world as it is played. */
export interface WalkedWorld {
  readonly executor: Executor;
  /** Holds the weights. */
  readonly store: VariableStore;
  /** What names of actions mean; default: only numbers are known. */
  readonly keys?: ActionTable | undefined;
  /** As the world is played; see `SamplingOptions`. */
  readonly temperature: number;
  readonly confidenceThreshold: number;
  readonly kvCache?: KvCacheBits | undefined;
}

export interface WorldWalkerOptions extends WalkedWorld {
  /** Whose art prompts are read in; default: nobody looks whether a game is over, and walks go on. */
  readonly world?: Parameters<Tiles['reader']>[0] | undefined;
  /** Worlds side by side; default 16. */
  readonly batch?: number;
}

/** A world that is walked through as sessions sample it: where a game is over, it begins anew from its prompt. */
export async function openWorldWalker(
  data: Recordings,
  model: WorldModel,
  { executor, store, keys, temperature, confidenceThreshold, kvCache, world, batch = 16 }: WorldWalkerOptions,
): Promise<Walker> {
  const { width, height } = data;
  const graph = model.frameGraph({ batch, kvCache });
  const program = await executor.compile(graph, { store, freeze: true });
  const size = width * height * 3;
  const logitsOf = logitsOfActions(model, keys);
  const restarts = openRestarts({ graph, store, model }, world, batch);
  return {
    ...{ width, height, batch },
    async walk({ starts, length, seeds, actions }, onFrames) {
      const prompts = new Float32Array(batch * size);
      starts.forEach(({ clip, frame }, b) => prompts.set(pixelsOf(data.frames(clip, frame, 1)), b * size));
      let seen: readonly Uint8Array[] = [];
      let anew: readonly boolean[] = [];
      const games = restarts?.begin(prompts);
      await rollOut(
        { graph, program, store, model },
        {
          ...{ length, prompts, temperature, confidenceThreshold },
          seeds: Array.from({ length: batch }, (_, b) => seeds[b] ?? 0),
          before: async (t) => {
            if (t > 0) await onFrames(t - 1, seen, anew);
            anew = (await games?.restart()) ?? [];
          },
          actionLogits: (t) => {
            const done = actions(t);
            return Array.from({ length: batch }, (_, b) => logitsOf(done[b] ?? 0));
          },
          ...(games && { outputs: ['frame', 'codes'] }),
        },
        (_, { frame, codes }) => {
          games?.see(codes as Int32Array);
          const bytes = bytesOf(frame as Float32Array);
          seen = starts.map((_start, b) => bytes.subarray(b * size, (b + 1) * size));
        },
      );
      if (length > 0) await onFrames(length - 1, seen, anew);
    },
    close: () => program.close(),
  };
}

/** What is wanted of a world by the name or the number of an action. */
export function logitsOfActions(
  { actions }: WorldModel,
  keys: ActionTable | undefined,
): (action: WalkedAction) => Float32Array {
  const certain = Array.from({ length: actions.count }, (_, i) => oneActionLogits(i, actions));
  return (action) => {
    if (typeof action === 'string' && keys) return keys.logitsOf(action);
    const logits = typeof action === 'number' ? certain[action] : undefined;
    if (logits) return logits;
    throw new SnowglobeError(
      typeof action === 'string'
        ? `eval: this world has no names of actions, and '${action}' was asked for; give its action table.`
        : `eval: action ${action} is none of this world's ${actions.count}; use 0 to ${actions.count - 1}.`,
    );
  };
}
