import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { seededRandom } from './random.js';

/** Chooses the action of each frame, one call a frame. */
export type Policy = () => number;

/** Names of the scripted policies. */
export const policyNames = ['random', 'explore'] as const;
export type PolicyName = (typeof policyNames)[number];

/** Frames that `explore` holds a key: [shortest, longest]. */
const HOLD: readonly [number, number] = [3, 20];
/** A jump is pressed for a few frames only, or the player would hop through the whole clip. */
const HOLD_JUMP: readonly [number, number] = [2, 8];

/**
 * A scripted player that does not look at the screen.
 *
 * - `random`: uniform over the actions at every frame, the protocol of the literature.
 * - `explore`: keys are held for a while; rightward three times as often as leftward, standing still seldom.
 *
 * @param actionNames the world's actions
 * @param seed integer; the same seed gives the same actions
 */
export function createPolicy(name: PolicyName, actionNames: readonly string[], seed: number): Policy {
  if (actionNames.length === 0) throw new RangeError('a policy needs at least one action to choose from');
  const random = seededRandom(seed, 1);
  if (name === 'random') return () => uniformInt(random, 0, actionNames.length - 1);

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

function keysOf(actionName: string): string[] {
  return actionName.split('+');
}

function exploreWeight(actionName: string): number {
  const keys = keysOf(actionName);
  if (keys.includes('right')) return 6;
  if (keys.includes('left')) return 2;
  return 1;
}
