import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Recordings, LatentActionConfig } from '@snowglobe/model';
import type { TrainedReader } from '@snowglobe/eval';
import { measureMotion } from '@snowglobe/eval';
import type { Executor } from '@snowglobe/graph';
import type { Progress } from '../loop/stage.js';
import { trainStage } from '../loop/stage.js';
import { readerStage } from '../stages/reader.js';

export interface ReaderOptions {
  readonly executor: Executor;
  readonly seed: number;
  /** Default 3,000. */
  readonly steps?: number;
  readonly onProgress?: (progress: Progress) => void;
}

/** Trains a reader of true actions on recordings with key logs. @returns it, in a store which the caller closes */
export async function trainReader(
  data: Recordings,
  config: LatentActionConfig,
  { executor, seed, steps = 3000, onProgress }: ReaderOptions,
): Promise<TrainedReader> {
  const motion = await measureMotion(data, config, { executor });
  const folder = await mkdtemp(join(tmpdir(), 'snowglobe-reader-'));
  const store = executor.createStore();
  try {
    await trainStage({
      ...readerStage(data, motion, config),
      executor,
      store,
      budget: { steps },
      seed,
      folder,
      ...(onProgress && { onProgress }),
    });
  } catch (error) {
    store.close();
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return { store, actionNames: data.actionNames };
}
