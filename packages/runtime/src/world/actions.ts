import { SnowglobeError } from '@snowglobe/graph';
import type { WorldConfig, WorldMetadata } from '@snowglobe/model';

/** What can be done in a world, and what the dynamics calls it. */
export interface ActionTable {
  /** Names that `codeOf` knows. */
  readonly names: readonly string[];
  /** The dynamics' number of an action, given by name or, for those who experiment, as that number itself. */
  codeOf(action: string | number): number;
}

/** What people call the same key, where the world does not use the name itself. */
const synonyms = { jump: 'up', stay: 'none', wait: 'none' } as const;

/**
 * The actions of a world. With true actions they are the dynamics' own; with latent ones, keys stand for codes: the one
 * that the world says (`actionToCode`), else the first that does what the key does.
 */
export function actionTable({
  config,
  actionNames,
  codeToAction,
  actionToCode,
}: WorldMetadata<WorldConfig>): ActionTable {
  const { actions } = config.motion;
  const codes = new Map<string, number>();
  actionNames.forEach((name, index) => {
    const code = actionToCode?.[name] ?? (codeToAction ? codeToAction.indexOf(name) : index);
    if (code >= 0 && code < actions) codes.set(name, code);
  });
  for (const [word, meaning] of Object.entries(synonyms)) {
    const code = codes.get(meaning);
    if (code !== undefined && !codes.has(word)) codes.set(word, code);
  }
  return {
    names: [...codes.keys()],
    codeOf(action) {
      const code = typeof action === 'number' ? action : codes.get(action);
      if (code !== undefined && Number.isInteger(code) && code >= 0 && code < actions) return code;
      throw new SnowglobeError(
        typeof action === 'number'
          ? `action: ${action} is none of this world's ${actions} codes; use 0 to ${actions - 1}.`
          : `action: this world knows no '${action}'; it knows ${[...codes.keys()].join(', ')}.`,
      );
    },
  };
}
