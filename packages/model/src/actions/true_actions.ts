import { SnowglobeError } from '@snowglobe/graph';
import type { Label, Recordings } from '../recordings.js';

/**
 * The actions of key logs, as indices into `names`: the same action may have another number in other recordings.
 * @throws SnowglobeError for a clip without a key log, or an action that is not among the names
 */
export function trueActions(
  data: Recordings,
  names: readonly string[] = data.actionNames,
): readonly (readonly Label[])[] {
  const silent = data.clips.find(({ hasActions }) => !hasActions);
  if (silent) {
    throw new SnowglobeError(
      `the world was trained with true actions, and ${silent.name} has no key log beside it; add the logs of all recordings.`,
    );
  }
  return renamedActions(data, names);
}

/**
 * The actions of clips as indices into `names`, unknown where no key log tells them.
 * @throws SnowglobeError for an action of a frame that is not among the names
 */
export function renamedActions(data: Recordings, names: readonly string[]): readonly (readonly Label[])[] {
  const numbers = data.actionNames.map((name) => names.indexOf(name));
  return data.clips.map(({ frames, name }, clip) =>
    data.actions(clip, 0, frames - 1).map((action) => {
      if (action === undefined) return undefined;
      const number = numbers[action]!;
      if (number >= 0) return number;
      throw new SnowglobeError(
        `${name}: its action '${data.actionNames[action]}' is not among ${names.join(', ')}; use recordings of the same keys.`,
      );
    }),
  );
}
