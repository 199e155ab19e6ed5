import { SnowglobeError } from '@snowglobe/graph';
import type { WorldFile } from '@snowglobe/model';
import { certainWish, noWish } from '@snowglobe/model';

/** What can be done in a world, and what the world makes of it. */
export interface ActionTable {
  /** Names that `wishOf` knows. */
  readonly names: readonly string[];
  /**
   * What a player wants, see `certainWish`: (D, A).
   * @param action a name or, for those who experiment, the number of an action, which then is what happens
   * @throws SnowglobeError for what is neither
   */
  wishOf(action: string | number): Float32Array;
}

/** What people call the same key, where the world does not use the name itself. */
const synonyms = { jump: 'up', stay: 'none', wait: 'none' } as const;

/**
 * The actions of a world. With true actions they are the world's own; with latent ones, keys say how well each code
 * goes with them (`keys`), or else stand for the first code that does what the key does.
 */
export function actionTable({
  model: { actions },
  metadata: { actionNames, codeToAction, keys },
}: Pick<WorldFile, 'model' | 'metadata'>): ActionTable {
  const certain = Array.from({ length: actions.count }, (_, action) => certainWish(action, actions));
  const wishes = new Map<string, Float32Array>();
  actionNames.forEach((name, index) => {
    const rows = keys?.[name];
    const wish = rows
      ? Float32Array.from(rows.flat())
      : certain[codeToAction ? codeToAction.indexOf(name) : index];
    if (wish) wishes.set(name, wish);
  });
  // Where nobody knows what a code does, doing nothing is to wish for nothing: what the world finds likeliest happens.
  if (!wishes.has('none')) wishes.set('none', noWish(actions));
  for (const [word, meaning] of Object.entries(synonyms)) {
    const wish = wishes.get(meaning);
    if (wish && !wishes.has(word)) wishes.set(word, wish);
  }
  return {
    names: [...wishes.keys()],
    wishOf(action) {
      const wish = typeof action === 'number' ? certain[action] : wishes.get(action);
      if (wish) return wish;
      throw new SnowglobeError(
        typeof action === 'number'
          ? `action: ${action} is none of this world's ${actions.count} codes; use 0 to ${actions.count - 1}.`
          : `action: this world knows no '${action}'; it knows ${[...wishes.keys()].join(', ')}.`,
      );
    },
  };
}
