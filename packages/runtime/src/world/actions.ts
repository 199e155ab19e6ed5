import { SnowglobeError } from '@snowglobe/graph';
import type { WorldFile } from '@snowglobe/model';
import { oneActionLogits, noPreference } from '@snowglobe/model';

/** What can be done in a world, and what the world makes of it. */
export interface ActionTable {
  /** Names that `logitsOf` knows. */
  readonly names: readonly string[];
  /** Those among the names that are other words for one of the others. */
  readonly synonyms: readonly string[];
  /** How many codes they were found as; undefined where they are those of recordings. */
  readonly codes?: number | undefined;
  /**
   * What a player wants, see `oneActionLogits`: (D, A).
   * @param action a name or, for those who experiment, the number of an action, which then is what happens
   * @throws SnowglobeError for what is neither
   */
  logitsOf(action: string | number): Float32Array;
}

/** What people call the same key, where the world does not use the name itself: of several meanings the first that it knows. */
const otherWords: readonly (readonly [word: string, meaning: string])[] = [
  ['none', 'noop'],
  ['none', 'stay'],
  ['none', 'idle'],
  ['none', 'wait'],
  ['jump', 'up'],
  ['stay', 'none'],
  ['wait', 'none'],
];

/** The name in a list that a word means: itself, or what people also call so; undefined where there is none. */
export const meaningOf = (word: string, names: readonly string[]): string | undefined =>
  names.includes(word)
    ? word
    : otherWords.find(([other, meaning]) => other === word && names.includes(meaning))?.[1];

/**
 * The actions of a world. With true actions they are the world's own; with latent ones, keys say how well each code
 * goes with them (`keys`), or else stand for the first code that does what the key does.
 */
export function actionTable({
  model: { actions },
  metadata: { actionNames, codeToAction, keys },
}: Pick<WorldFile, 'model' | 'metadata'>): ActionTable {
  const certain = Array.from({ length: actions.count }, (_, action) => oneActionLogits(action, actions));
  const logits = new Map<string, Float32Array>();
  actionNames.forEach((name, index) => {
    const rows = keys?.[name];
    const row = rows
      ? Float32Array.from(rows.flat())
      : certain[codeToAction ? codeToAction.indexOf(name) : index];
    if (row) logits.set(name, row);
  });
  const synonyms: string[] = [];
  const alias = (): void => {
    for (const [word, meaning] of otherWords) {
      const row = logits.get(meaning);
      if (!row || logits.has(word)) continue;
      logits.set(word, row);
      synonyms.push(word);
    }
  };
  alias();
  // Where nobody knows what a code does, doing nothing is to prefer nothing: what the world finds likeliest happens.
  if (!logits.has('none')) {
    logits.set('none', noPreference(actions));
    alias();
  }
  return {
    names: [...logits.keys()],
    synonyms,
    ...(codeToAction && { codes: actions.count }),
    logitsOf(action) {
      const row = typeof action === 'number' ? certain[action] : logits.get(action);
      if (row) return row;
      throw new SnowglobeError(
        typeof action === 'number'
          ? `action: ${action} is none of this world's ${actions.count} codes; use 0 to ${actions.count - 1}.`
          : `action: this world knows no '${action}'; it knows ${[...logits.keys()].join(', ')}.`,
      );
    },
  };
}
