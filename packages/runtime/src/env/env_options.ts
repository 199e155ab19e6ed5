import { SnowglobeError } from '@snowglobe/graph';
import { show } from '@snowglobe/graph/internal';
import * as v from 'valibot';
import type { Goal } from '../catalog/about.js';
import { goalSchema } from '../catalog/about.js';
import { choiceOption, integerOption, readOptions } from '../options.js';
import type { PromptImage } from '../world/prompt.js';
import type { World } from '../world/world.js';
import type { Observation } from './spaces.js';
import type { RewardFunction, TerminatedFunction } from './judge.js';

/**
 * When an environment whose episode has ended begins the next one, as Gymnasium's `AutoresetMode`: in the step after the end, which
 * ignores its action and gives the first observation, reward 0; in the very step of the end, whose own observation is then
 * `finalObs` of the info; or never, so that the caller resets it by a mask.
 */
export type Autoreset = 'next-step' | 'same-step' | 'disabled';

/** How environments of a world are made. */
export interface WorldEnvOptions {
  /** How many, 1 to 4,096; default 1. Up to 64 stay on the device together. */
  readonly count?: number | undefined;
  /** Pictures, or codes of tiles of worlds that are made of them; default pictures. */
  readonly observation?: Observation | undefined;
  /** Steps after which an episode is truncated; default: none is. */
  readonly maxSteps?: number | undefined;
  /** Default `next-step`, as in Gymnasium. */
  readonly autoreset?: Autoreset | undefined;
  /**
   * What is rewarded: the change of a read-out, by its name, or what a function makes of a step. Default: 1 in the step that reaches the
   * `goal`, where there is one; else 0 always, since a world has no notion of score.
   */
  readonly reward?: string | RewardFunction | undefined;
  /** Whether a step ends the episode; default: where the game is over by the world's read-outs, or the `goal` is reached; else never. */
  readonly terminated?: TerminatedFunction | undefined;
  /** Something to reach in a world of tiles. */
  readonly goal?: Goal | undefined;
  /** What episodes begin with, one of these by chance: pictures, or sentences for worlds that know words. */
  readonly prompts?: readonly (PromptImage | string)[] | undefined;
  /** Environment i draws its chance from seed + i until it is reset with another seed; default 0. */
  readonly seed?: number | undefined;
  /** As in `World.start`. */
  readonly temperature?: number | undefined;
  /** As in `World.start`. */
  readonly confidenceThreshold?: number | undefined;
}

const mostEnvs = 4096;
const functionOption = <F>(name: string, other: string) =>
  v.custom<F>(
    (input) => typeof input === 'function',
    ({ input }) => `${name} ${show(input)} is no function; ${other}`,
  );
const prompt = v.union(
  [v.string(), v.custom<PromptImage>((input) => typeof input === 'object' && input !== null)],
  ({ input }) => `prompts: ${show(input)} is neither a picture nor a sentence; give pictures or sentences`,
);

const schema = v.object({
  count: v.optional(integerOption('count', 1, mostEnvs, 'choose one'), 1),
  observation: v.optional(choiceOption('observation', ['rgb', 'tokens']), 'rgb'),
  maxSteps: v.optional(integerOption('maxSteps', 1, 2 ** 31, 'choose one')),
  autoreset: v.optional(choiceOption('autoreset', ['next-step', 'same-step', 'disabled']), 'next-step'),
  reward: v.optional(
    v.union(
      [v.string(), v.custom<RewardFunction>((input) => typeof input === 'function')],
      ({ input }) =>
        `reward ${show(input)} is neither the name of a read-out nor a function; give one of them`,
    ),
  ),
  terminated: v.optional(functionOption<TerminatedFunction>('terminated', 'give one that answers yes or no')),
  goal: v.optional(
    v.custom<Goal>(
      (input) => v.is(goalSchema, input),
      ({ input }) =>
        `goal ${show(input)} is none; give { name, cells: [{ row, column }], codes }, as the file about a world does`,
    ),
  ),
  prompts: v.optional(
    v.array(prompt, ({ input }) => `prompts ${show(input)} are no list; give a list`),
    [],
  ),
  seed: v.optional(v.unknown(), 0),
});

/** What was asked for, checked. */
export type EnvSettings = Omit<v.InferOutput<typeof schema>, 'seed'> & {
  readonly seeds: readonly number[];
};

/**
 * A seed for each environment.
 * @param seed of the first, or a list; undefined in a list leaves an environment's as it is
 * @throws SnowglobeError for what is neither
 */
export function seedsOf(seed: unknown, count: number): (number | undefined)[] {
  if (Array.isArray(seed)) {
    if (seed.length !== count) {
      throw new SnowglobeError(`env: ${seed.length} seeds for ${count} environments; give one for each.`);
    }
    return seed.map((each) => (each === undefined ? undefined : seedsOf(each, 1)[0]));
  }
  const most = 2 ** 31 - count;
  const each = v.object({ seed: integerOption('seed', -(2 ** 31), most, 'choose one') });
  const { seed: first } = readOptions('env', each, { seed });
  return Array.from({ length: count }, (_, i) => first + i);
}

/** @throws SnowglobeError for what makes no sense, or not in this world */
export function readEnvOptions(world: World, options: WorldEnvOptions): EnvSettings {
  const { seed, ...settings } = readOptions('env', schema, options);
  const { observation, goal, prompts, count } = settings;
  if (prompts.length === 0) {
    throw new SnowglobeError(
      'env: no prompts were given to begin episodes with; give pictures, or sentences if the world knows words.',
    );
  }
  for (const each of prompts) if (typeof each !== 'string') world.preview(each);
  if (prompts.some((each) => typeof each === 'string') && world.vocabulary.length === 0) {
    throw new SnowglobeError('env: this world knows no words, so a sentence is no prompt; give pictures.');
  }
  if (!world.tiles && (observation === 'tokens' || goal)) {
    throw new SnowglobeError(
      `env: frames of this world are not made of tiles, so there are no ${goal ? 'goals' : 'tokens'}; ${goal ? 'give a function as reward' : "observe 'rgb'"}.`,
    );
  }
  return { ...settings, seeds: seedsOf(seed, count) as number[] };
}
