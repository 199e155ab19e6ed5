import { join } from 'node:path';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import type { LatentActionConfig } from '@snowglobe/model';
import type { Executor } from '@snowglobe/runtime';
import type { ClipDataset } from '../data/index.js';
import type { Progress } from '../loop/stage.js';
import { trainStage } from '../loop/stage.js';
import type { MotionTable } from '../stages/motion_table.js';
import { readActions, readerStage } from '../stages/reader.js';
import { contingencyTable, entropyBits, mutualInformationBits } from './information.js';

/** What can be known of true actions from what can be seen. */
export interface ReaderBound {
  /** Mutual information of the reader's best guess and the true action: what a code of as many values could carry. */
  readonly bestGuessBits: number;
  /** Entropy minus cross-entropy of the reader's probabilities: what it knows, unsure guesses included. */
  readonly crossEntropyBits: number;
  /** Share of frames whose action it names. */
  readonly accuracy: number;
}

export interface ReaderOptions {
  readonly executor: Executor;
  readonly config: LatentActionConfig;
  readonly seed: number;
  /** Default 3,000. */
  readonly steps?: number;
  readonly onProgress?: (progress: Progress) => void;
}

interface Labelled {
  readonly data: ClipDataset;
  readonly motion: MotionTable;
}

/** Trains a reader with labels on one set of recordings and measures it on another. */
export async function measureReaderBound(
  train: Labelled,
  test: Labelled,
  { executor, config, seed, steps = 3000, onProgress }: ReaderOptions,
): Promise<ReaderBound> {
  const folder = await mkdtemp(join(tmpdir(), 'snowglobe-reader-'));
  const store = executor.createStore();
  try {
    await trainStage({
      ...readerStage(train.data, train.motion, config),
      executor,
      store,
      budget: { steps },
      seed,
      folder,
      ...(onProgress && { onProgress }),
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const count = train.data.actionNames.length;
  const logits = await readActions(test.data, test.motion, config, { executor, store });
  const guesses: number[] = [];
  const truth: number[] = [];
  let nats = 0;
  test.data.clips.forEach(({ frames }, clip) => {
    const actions = test.data.actions(clip, 0, frames - 1);
    for (let t = 0; t < frames - 1; t++) {
      const action = actions[t]!;
      if (action < 0) continue;
      const row = logits[clip]!.subarray(t * count, (t + 1) * count);
      const largest = Math.max(...row);
      const total = row.reduce((sum, value) => sum + Math.exp(value - largest), 0);
      nats += Math.log(total) + largest - row[action]!;
      guesses.push(row.indexOf(largest));
      truth.push(action);
    }
  });
  const histogram = new Array<number>(count).fill(0);
  for (const action of truth) histogram[action]!++;
  return {
    bestGuessBits: mutualInformationBits(contingencyTable(guesses, truth, count, count)),
    crossEntropyBits: entropyBits(histogram) - nats / truth.length / Math.LN2,
    accuracy: guesses.filter((guess, i) => guess === truth[i]).length / truth.length,
  };
}
