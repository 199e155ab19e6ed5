import { join } from 'node:path';
import type { MotionTable } from '@snowglobe/eval';
import { assignCodes, encodeClips } from '@snowglobe/eval';
import type { LatentActionConfig } from '@snowglobe/model';
import type { Executor, VariableStore } from '@snowglobe/runtime';
import type { ClipDataset } from '../data/index.js';
import type { Progress } from '../loop/stage.js';
import { trainStage } from '../loop/stage.js';
import { logPath, readLog } from '../metrics/log.js';
import { clusterCodes, latentActionStage } from '../stages/latent_actions.js';

export interface DiscoveryOptions {
  readonly executor: Executor;
  /** Gets the weights of the best start. */
  readonly store: VariableStore;
  readonly folder: string;
  readonly seed: number;
  /** Runs from different first weights, of which the one with the lowest loss is kept: they differ more than they should. */
  readonly starts: number;
  readonly steps: number;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/** Steps at the end of a start over which its loss is averaged, in lines of the log. */
const lastLines = 15;

/**
 * Discovers actions in video without labels, and gives every frame the code of what happened until the next.
 * @returns codes a clip, and the seconds of training; `undefined` when the signal stopped it
 */
export async function discoverActions(
  data: ClipDataset,
  motion: MotionTable,
  config: LatentActionConfig,
  { executor, store, folder, seed, starts, steps, onProgress, signal }: DiscoveryOptions,
): Promise<{ readonly codes: Uint8Array[]; readonly seconds: number } | undefined> {
  const train = async (
    start: number,
    into: VariableStore,
  ): Promise<{ loss: number; finished: boolean; seconds: number }> => {
    const stage = latentActionStage(data, motion, config);
    const startFolder = join(folder, `actions-${start}`);
    const { finished, seconds } = await trainStage({
      ...stage,
      executor,
      store: into,
      budget: { steps },
      seed: seed + start,
      folder: startFolder,
      ...(onProgress && { onProgress }),
      ...(signal && { signal }),
    });
    const lines = (await readLog(logPath(startFolder, stage.name))).slice(-lastLines);
    return { loss: lines.reduce((sum, { loss }) => sum + loss, 0) / lines.length, finished, seconds };
  };
  let best = { start: 0, loss: Infinity };
  let total = 0;
  for (let start = 0; start < starts; start++) {
    const tried = executor.createStore();
    const { loss, finished, seconds } = await train(start, tried).finally(() => tried.close());
    total += seconds;
    if (!finished) return undefined;
    if (loss < best.loss) best = { start, loss };
  }
  await train(best.start, store);
  const points = await encodeClips(data, motion, config, { executor, store });
  clusterCodes(points, config, { store, seed });
  return { codes: await assignCodes(points, store), seconds: total };
}

/** Gives every frame the code that actions which were discovered before, and are in the store, have for it. */
export async function readActions(
  data: ClipDataset,
  motion: MotionTable,
  config: LatentActionConfig,
  { executor, store }: Pick<DiscoveryOptions, 'executor' | 'store'>,
): Promise<Uint8Array[]> {
  return assignCodes(await encodeClips(data, motion, config, { executor, store }), store);
}
