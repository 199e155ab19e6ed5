import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { seededRandom } from './random.js';

/** Chooses what is held from a state on; asked once a frame. */
export type Player<State> = (state: State) => number;

/**
 * Names of the scripted players.
 *
 * - `random`: uniform over the actions at every frame, the protocol of the literature.
 * - `explore`: goes somewhere, and takes what is there.
 * - `idle`: explores with pauses, pushes against what is in the way, turns round on the spot.
 * - `return`: goes away for a while and comes back the same way, over and over.
 */
export const policyNames = ['random', 'explore', 'idle', 'return'] as const;
/** The name of a policy. */
export type PolicyName = (typeof policyNames)[number];

/** Frames that `explore` holds a key: [shortest, longest]. */
const HOLD: readonly [number, number] = [3, 20];
/** A jump is pressed for a few frames only, or the player would hop through the whole clip. */
const HOLD_JUMP: readonly [number, number] = [2, 8];

/** Frames that `idle` holds nothing, and one in so many frames in which it begins to. */
const PAUSE: readonly [number, number] = [8, 60];
const PAUSE_ODDS = 40;
/** Frames that `return` goes away for. */
const AWAY: readonly [number, number] = [20, 70];

/**
 * A scripted player of a game of held keys, who does not look at the screen. `explore` holds keys for a while, rightward three times as
 * often as leftward, and seldom stands still; `return` comes back with left and right exchanged, last key first.
 *
 * @param actionNames the world's actions
 * @param seed integer; the same seed gives the same actions
 */
export function createPolicy(
  name: PolicyName,
  actionNames: readonly string[],
  seed: number,
): Player<unknown> {
  if (actionNames.length === 0) throw new RangeError('a policy needs at least one action to choose from');
  const random = seededRandom(seed, 1);
  if (name === 'random') return () => uniformInt(random, 0, actionNames.length - 1);
  const explore = createExplorer(actionNames, random);
  if (name === 'explore') return explore;
  return name === 'idle'
    ? createIdler(explore, actionNames, random)
    : createReturner(explore, actionNames, random);
}

function createExplorer(actionNames: readonly string[], random: RandomGenerator): () => number {
  const weights = actionNames.map(exploreWeight);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let action = 0;
  let left = 0;
  return () => {
    if (left === 0) {
      let draw = uniformFloat64(random) * total;
      action = weights.findIndex((weight) => (draw -= weight) < 0);
      // Rounding may leave a last sliver that belongs to no action.
      if (action < 0) action = actionNames.length - 1;
      const [shortest, longest] = keysOf(actionNames[action]!).includes('up') ? HOLD_JUMP : HOLD;
      left = uniformInt(random, shortest, longest);
    }
    left -= 1;
    return action;
  };
}

function createIdler(
  explore: () => number,
  actionNames: readonly string[],
  random: RandomGenerator,
): () => number {
  const none = Math.max(0, actionNames.indexOf('none'));
  let left = 0;
  return () => {
    if (left === 0 && uniformInt(random, 1, PAUSE_ODDS) === 1) left = uniformInt(random, ...PAUSE);
    if (left === 0) return explore();
    left -= 1;
    return none;
  };
}

function createReturner(
  explore: () => number,
  actionNames: readonly string[],
  random: RandomGenerator,
): () => number {
  const mirrored = actionNames.map((name) => {
    const other = keysOf(name).map((key) => (key === 'left' ? 'right' : key === 'right' ? 'left' : key));
    return Math.max(0, actionNames.indexOf(other.join('+')));
  });
  let planned: number[] = [];
  return () => {
    if (planned.length === 0) {
      const away = Array.from({ length: uniformInt(random, ...AWAY) }, explore);
      planned = [...away, ...away.map((action) => mirrored[action]!).reverse()];
    }
    return planned.shift()!;
  };
}

function keysOf(actionName: string): string[] {
  return actionName.split('+');
}

function exploreWeight(actionName: string): number {
  const keys = keysOf(actionName);
  if (keys.includes('right')) return 6;
  if (keys.includes('left')) return 2;
  return 1;
}
