import type { VariableStore } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import type { ActionProbe, Recordings } from '@snowglobe/model';
import {
  contingencyTable,
  entropyBits,
  mutualInformationBits,
  renamedActions,
} from '@snowglobe/model/internal';

/** What can be known of true actions from what can be seen. */
export interface ReaderBound {
  /** Mutual information of the reader's best guess and the true action: what a code of as many values could carry. */
  readonly bestGuessBits: number;
  /** Entropy minus cross-entropy of the reader's probabilities: what it knows, unsure guesses included. */
  readonly crossEntropyBits: number;
  /** Share of frames whose action it names. */
  readonly accuracy: number;
}

/** A reader that was trained with labels, see `ActionProbe`. */
export interface TrainedReader {
  /** Holds the reader's weights. */
  readonly store: VariableStore;
  /** What its logits are of. */
  readonly actionNames: readonly string[];
}

/**
 * Measures a reader, trained with labels on other recordings, on the labelled frames of recordings that it never saw.
 * @param probe of these recordings
 * @throws SnowglobeError for an action that the reader never heard of, and where no frame has a label
 */
export async function measureReader(
  data: Recordings,
  probe: Pick<ActionProbe, 'read'>,
  { store, actionNames }: TrainedReader,
): Promise<ReaderBound> {
  const labels = renamedActions(data, actionNames);
  const count = actionNames.length;
  const logits = await probe.read(store, count);
  const guesses: number[] = [];
  const truth: number[] = [];
  let nats = 0;
  labels.forEach((clip, i) =>
    clip.forEach((action, t) => {
      if (action === undefined) return;
      const row = logits[i]!.subarray(t * count, (t + 1) * count);
      const largest = Math.max(...row);
      const total = row.reduce((sum, value) => sum + Math.exp(value - largest), 0);
      nats += Math.log(total) + largest - row[action]!;
      guesses.push(row.indexOf(largest));
      truth.push(action);
    }),
  );
  if (truth.length === 0) {
    throw new SnowglobeError(
      'eval: no frame has a label to compare the reader with; give recordings with key logs.',
    );
  }
  const histogram = new Array<number>(count).fill(0);
  for (const action of truth) histogram[action]!++;
  return {
    bestGuessBits: mutualInformationBits(contingencyTable(guesses, truth, count, count)),
    crossEntropyBits: entropyBits(histogram) - nats / truth.length / Math.LN2,
    accuracy: guesses.filter((guess, i) => guess === truth[i]).length / truth.length,
  };
}
