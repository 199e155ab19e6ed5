import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { MotionTable } from '@snowglobe/eval';
import { assignCodes, encodeClips, mean } from '@snowglobe/eval';
import type { LatentActionConfig } from '@snowglobe/model';
import type { Executor, VariableStore } from '@snowglobe/graph';
import type { ClipDataset } from '../data/index.js';
import type { Progress } from '../loop/stage.js';
import { hasCheckpoint } from '../loop/checkpoint.js';
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
  /** See `StageOptions`. With `loadOnly` the starts that the folder has are chosen from. */
  readonly data?: string;
  readonly loadOnly?: boolean;
  readonly onRemark?: (remark: string) => void;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/** Steps at the end of a start over which its loss is averaged, in lines of the log. */
const lastLines = 15;

const folderOf = (folder: string, start: number): string => join(folder, `actions-${start}`);

/** Starts of discovering actions that a run folder has checkpoints of. */
export async function discoveredStarts(folder: string): Promise<number[]> {
  const names = await readdir(folder).catch(() => []);
  const starts = names.flatMap((name) => /^actions-(\d+)$/.exec(name)?.[1] ?? []).map(Number);
  const isThere = await Promise.all(starts.map((start) => hasCheckpoint(folderOf(folder, start), stageName)));
  return starts.filter((_, i) => isThere[i]).sort((a, b) => a - b);
}

/** What files of a start are called. */
const stageName = 'latent-actions';

/**
 * Discovers actions in video without labels, and gives every frame the code of what happened until the next.
 * @returns codes a clip, and the seconds of training; `undefined` when the signal stopped it
 */
export async function discoverActions(
  data: ClipDataset,
  motion: MotionTable,
  config: LatentActionConfig,
  { executor, store, folder, seed, starts, steps, ...options }: DiscoveryOptions,
): Promise<{ readonly codes: Uint8Array[]; readonly seconds: number } | undefined> {
  const train = async (
    start: number,
    into: VariableStore,
  ): Promise<{ loss: number; finished: boolean; seconds: number }> => {
    const startFolder = folderOf(folder, start);
    const { finished, seconds } = await trainStage({
      ...latentActionStage(data, motion, config),
      ...options,
      executor,
      store: into,
      budget: { steps },
      seed: seed + start,
      folder: startFolder,
    });
    const lines = (await readLog(logPath(startFolder, stageName))).slice(-lastLines);
    return { loss: mean(lines.map(({ loss }) => loss)), finished, seconds };
  };
  const all = options.loadOnly
    ? await discoveredStarts(folder)
    : Array.from({ length: starts }, (_, start) => start);
  const trained: { readonly start: number; readonly loss: number; readonly finished: boolean }[] = [];
  let total = 0;
  for (const start of all) {
    const tried = executor.createStore();
    const { loss, finished, seconds } = await train(start, tried).finally(() => tried.close());
    total += seconds;
    if (!finished && !options.loadOnly) return undefined;
    trained.push({ start, loss, finished });
  }
  const whole = trained.filter(({ finished }) => finished);
  const best = (whole.length > 0 ? whole : trained).reduce((a, b) => (b.loss < a.loss ? b : a));
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
