import { SnowglobeError } from '@snowglobe/graph';
import type { DeltaWorldConfig, Label, Recordings } from '@snowglobe/model';
import { assignCodes, encodeClips } from './action_codes.js';
import type { LabelOptions } from './evidence.js';
import type { MotionTable } from './motion_table.js';

/** A world's part in reading actions. */
export interface ActingWorld {
  readonly config: Pick<DeltaWorldConfig, 'latentActions'>;
  /** Names of a world's true actions in their order; by default those of the recordings. */
  readonly actionNames?: readonly string[] | undefined;
}

/**
 * What is done in recordings, as the world's dynamics calls it: codes that it reads off them, or true actions of their key logs.
 * @returns of each clip, what happened from each frame to the next
 * @throws SnowglobeError see `trueActions`
 */
export async function actionsOf(
  data: Recordings,
  motion: MotionTable,
  { config: { latentActions }, actionNames }: ActingWorld,
  options: LabelOptions,
): Promise<readonly ArrayLike<Label>[]> {
  if (!latentActions) return trueActions(data, actionNames);
  return assignCodes(await encodeClips(data, motion, latentActions, options), options.store);
}

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
