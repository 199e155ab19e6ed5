import type { TrainedReader } from '@snowglobe/eval';
import type { Executor, VariableStore } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import type { Recordings, WorldModel } from '@snowglobe/model';
import { isPlayState } from '@snowglobe/model/internal';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Progress } from '../loop/stage_options.js';
import { trainStage } from '../loop/stage.js';

/** How the inverse dynamics probe is trained. */
export interface ProbeOptions {
  readonly executor: Executor;
  readonly seed: number;
  /** Holds the weights of the world: recordings are read by them. */
  readonly weights: VariableStore;
  /** Default 3,000. */
  readonly steps?: number;
  /** Called a few times a second. */
  readonly onProgress?: (progress: Progress) => void;
}

/**
 * Trains a reader of true actions on recordings with key logs, see `ActionProbe`.
 * @returns it, in a store which the caller closes
 * @throws SnowglobeError for a world whose family has none
 */
export async function trainProbe(
  data: Recordings,
  model: WorldModel,
  { executor, seed, weights, steps = 3000, onProgress }: ProbeOptions,
): Promise<TrainedReader> {
  const store = executor.createStore();
  for (const name of weights.names()) {
    if (!isPlayState(name)) store.write(name, weights.spec(name), await weights.read(name));
  }
  const { probe } = (await model.training()).open({ data, executor, store, seed });
  const folder = await mkdtemp(join(tmpdir(), 'snowglobe-reader-'));
  try {
    if (!probe) {
      throw new SnowglobeError(
        `reader: worlds of the family '${model.family}' have none, or their actions are not latent; leave it out.`,
      );
    }
    await trainStage({
      ...(await probe.define()),
      ...{ name: 'reader', executor, store, seed, folder, budget: { steps } },
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
