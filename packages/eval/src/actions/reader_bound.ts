import type { LatentActionConfig } from '@snowglobe/model';
import type { Executor, VariableStore } from '@snowglobe/runtime';
import type { MotionTable } from '../recordings/motion_table.js';
import type { Recordings } from '../recordings/recordings.js';
import { contingencyTable, entropyBits, mutualInformationBits } from './information.js';
import { readActions } from './reader.js';

/** What can be known of true actions from what can be seen. */
export interface ReaderBound {
  /** Mutual information of the reader's best guess and the true action: what a code of as many values could carry. */
  readonly bestGuessBits: number;
  /** Entropy minus cross-entropy of the reader's probabilities: what it knows, unsure guesses included. */
  readonly crossEntropyBits: number;
  /** Share of frames whose action it names. */
  readonly accuracy: number;
}

/** Measures a reader, trained with labels on other recordings, on recordings that it never saw. */
export async function measureReader(
  data: Recordings,
  motion: MotionTable,
  config: LatentActionConfig,
  trained: {
    readonly executor: Executor;
    /** Holds the reader's weights. */
    readonly store: VariableStore;
  },
): Promise<ReaderBound> {
  const logits = await readActions(data, motion, config, trained);
  const count = data.actionNames.length;
  const guesses: number[] = [];
  const truth: number[] = [];
  let nats = 0;
  data.clips.forEach(({ frames }, clip) => {
    const actions = data.actions(clip, 0, frames - 1);
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
