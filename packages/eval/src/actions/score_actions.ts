import type { Recordings } from '@snowglobe/model';
import {
  bestMap,
  contingencyTable,
  entropyBits,
  mapAccuracy,
  mutualInformationBits,
} from '@snowglobe/model/internal';
import type { ReaderBound } from './reader_bound.js';

/** What latent actions tell about the actions that were really taken. */
export interface LatentActionScores {
  /** Share of frames whose true action is named right when each code stands for the action it goes with most often. */
  readonly accuracy: number;
  /** The same for the frames of each true action. */
  readonly perClass: Readonly<Record<string, number>>;
  /** Mutual information of code and true action. */
  readonly mutualInformationBits: number;
  /** Entropy of the true actions: what could be known at most. */
  readonly entropyBits: number;
  /** Share of frames in which each code is used. */
  readonly usage: readonly number[];
  /** What a supervised reader of the same frames knows, where one was asked for. */
  readonly reader?: ReaderBound;
}

/**
 * Compares codes with key logs.
 * @param codes of each clip, one for each frame but the last
 * @returns nothing when no frame has a known action
 */
export function scoreActions(
  data: Recordings,
  codes: readonly ArrayLike<number>[],
  codeCount: number,
): LatentActionScores | undefined {
  const pairs: { readonly code: number; readonly action: number }[] = [];
  const used = new Array<number>(codeCount).fill(0);
  let total = 0;
  data.clips.forEach(({ frames }, clip) => {
    const actions = data.actions(clip, 0, frames - 1);
    for (let t = 0; t < frames - 1; t++) {
      const code = codes[clip]![t]!;
      used[code]!++;
      total++;
      const action = actions[t];
      if (action !== undefined) pairs.push({ code, action });
    }
  });
  if (pairs.length === 0) return undefined;
  const table = contingencyTable(
    pairs.map(({ code }) => code),
    pairs.map(({ action }) => action),
    codeCount,
    data.actionNames.length,
  );
  const { accuracy, perAction } = mapAccuracy(table, bestMap(table));
  return {
    accuracy,
    perClass: Object.fromEntries(data.actionNames.map((name, action) => [name, perAction[action]!])),
    mutualInformationBits: mutualInformationBits(table),
    entropyBits: entropyBits(
      data.actionNames.map((_, action) => table.reduce((sum, row) => sum + row[action]!, 0)),
    ),
    usage: used.map((uses) => uses / total),
  };
}
