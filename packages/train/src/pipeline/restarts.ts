import { mean } from '@snowglobe/eval/internal';
import { SnowglobeError } from '@snowglobe/graph';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCheckpoint } from '../loop/checkpoint.js';
import type { StageOptions } from '../loop/stage_options.js';
import { trainStage } from '../loop/stage.js';
import { logPath, readLog } from '../metrics/log.js';

/** Lines at the end of a start's log over which its loss is averaged. */
const lastLines = 15;

/** Where a start of a stage has its checkpoints and logs. */
export const folderOfStart = (folder: string, stage: string, start: number): string =>
  join(folder, `${stage}-${start}`);

/**
 * Starts of a stage that a run folder has checkpoints of.
 * @param checkpoint what those are called, see `TrainingStage.restarts`
 */
export async function startsIn(folder: string, stage: string, checkpoint: string): Promise<number[]> {
  const names = await readdir(folder).catch(() => []);
  const pattern = new RegExp(`^${stage}-(\\d+)$`);
  const starts = names.flatMap((name) => pattern.exec(name)?.[1] ?? []).map(Number);
  const isThere = await Promise.all(
    starts.map((start) => hasCheckpoint(folderOfStart(folder, stage, start), checkpoint)),
  );
  return starts.filter((_, i) => isThere[i]).sort((a, b) => a - b);
}

export interface RestartOptions extends StageOptions {
  /** The stage; `name` is what its checkpoints are called. */
  readonly stage: string;
  /** Runs from different first weights, of which the one with the lowest loss is kept: they differ more than they should. */
  readonly starts: number;
}

/**
 * Trains a stage from several first weights and puts the best ones into the store. With `loadOnly` the starts that the folder
 * has are chosen from.
 * @returns seconds of training of all starts together; `undefined` when the signal stopped one
 */
export async function trainFromSeveral({
  stage,
  starts,
  ...options
}: RestartOptions): Promise<number | undefined> {
  const { executor, store, folder, seed, name } = options;
  const train = async (start: number, into: StageOptions['store']) => {
    const own = folderOfStart(folder, stage, start);
    const result = await trainStage({ ...options, store: into, seed: seed + start, folder: own });
    const lines = (await readLog(logPath(own, name))).slice(-lastLines);
    return { ...result, start, loss: mean(lines.map(({ loss }) => loss)) };
  };
  const all = options.loadOnly
    ? await startsIn(folder, stage, name)
    : Array.from({ length: starts }, (_, start) => start);
  const trained: Awaited<ReturnType<typeof train>>[] = [];
  for (const start of all) {
    const tried = executor.createStore();
    const result = await train(start, tried).finally(() => tried.close());
    if (!result.finished && !options.loadOnly) return undefined;
    trained.push(result);
  }
  if (trained.length === 0) {
    throw new SnowglobeError(
      `train: the ${stage} stage is trained from ${starts} starts; its plan must have at least one.`,
    );
  }
  const whole = trained.filter(({ finished }) => finished);
  const best = (whole.length > 0 ? whole : trained).reduce((a, b) => (b.loss < a.loss ? b : a));
  await train(best.start, store);
  return trained.reduce((sum, { seconds }) => sum + seconds, 0);
}
