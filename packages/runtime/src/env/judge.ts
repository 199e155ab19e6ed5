import { SnowglobeError } from '@snowglobe/graph';
import { show } from '@snowglobe/graph/internal';
import type { Goal } from '../catalog/about.js';
import { isReached } from '../catalog/about.js';
import type { Frame } from '../world/frame.js';
import type { World } from '../world/world.js';

/** One step of one environment. Frames have codes where the world is made of tiles. */
export interface Transition {
  /** Number of the environment. */
  readonly env: number;
  /** Steps of the episode, this one included. */
  readonly step: number;
  /** Name of the action. */
  readonly action: string;
  readonly before: Frame;
  readonly after: Frame;
}

/** The reward of a step, a finite number. */
export type RewardFunction = (transition: Transition) => number;
/** Whether a step ends its episode. */
export type TerminatedFunction = (transition: Transition) => boolean;

/** What steps are worth, and what ends an episode. */
export interface Judge {
  /** What rewards and terminations follow from, in words. */
  readonly rewardFrom: string;
  readonly terminationFrom: string;
  readonly reward: RewardFunction;
  readonly terminated: TerminatedFunction;
}

type Judged = Pick<World, 'readouts' | 'tiles'>;
interface JudgeOptions {
  readonly reward?: string | RewardFunction | undefined;
  readonly terminated?: TerminatedFunction | undefined;
  readonly goal?: Goal | undefined;
}

/** @throws SnowglobeError for a read-out that the world does not have */
export function judgeOf(world: Judged, options: JudgeOptions): Judge {
  return { ...rewardOf(world, options), ...terminationOf(world, options) };
}

function rewardOf(world: Judged, { reward, goal }: JudgeOptions): Pick<Judge, 'reward' | 'rewardFrom'> {
  if (typeof reward === 'function') {
    return {
      rewardFrom: 'a function',
      reward: (transition) => {
        const value: unknown = reward(transition);
        if (typeof value === 'number' && Number.isFinite(value)) return value;
        throw new SnowglobeError(`env: reward gave ${show(value)}; let it give a finite number.`);
      },
    };
  }
  if (reward !== undefined) {
    const names = world.readouts?.numbers.map(({ name }) => name) ?? [];
    if (!names.includes(reward)) {
      throw new SnowglobeError(
        `env: this world tells no '${reward}', it tells ${names.join(', ') || 'no numbers at all'}; name one that it tells, or give a function.`,
      );
    }
    return {
      rewardFrom: `the change of the read-out '${reward}'`,
      reward: ({ before, after }) => {
        const [from, to] = [before.readouts?.[reward], after.readouts?.[reward]];
        return from === undefined || to === undefined ? 0 : to - from;
      },
    };
  }
  if (goal) {
    const reached = reachedIn(world, goal);
    return {
      rewardFrom: `the goal '${goal.name}': 1 when it is reached`,
      reward: ({ before, after }) => (reached(after) && !reached(before) ? 1 : 0),
    };
  }
  return { rewardFrom: 'nothing: it is always 0', reward: () => 0 };
}

function terminationOf(
  world: Judged,
  { terminated, goal }: JudgeOptions,
): Pick<Judge, 'terminated' | 'terminationFrom'> {
  if (terminated) {
    return {
      terminationFrom: 'a function',
      terminated: (transition) => {
        const ends: unknown = terminated(transition);
        if (typeof ends === 'boolean') return ends;
        throw new SnowglobeError(`env: terminated gave ${show(ends)}; let it give true or false.`);
      },
    };
  }
  const end = world.readouts?.end;
  const reasons = [
    ...(end ? [`the end of the game by the read-out '${end.readout}'`] : []),
    ...(goal ? [`the goal '${goal.name}'`] : []),
  ];
  const reached = goal ? reachedIn(world, goal) : () => false;
  return {
    terminationFrom: reasons.join(', ') || 'nothing: it is always false',
    terminated: ({ after }) => after.ended === true || reached(after),
  };
}

const reachedIn =
  ({ tiles }: Judged, goal: Goal) =>
  ({ codes }: Frame): boolean =>
    isReached(goal, codes!, tiles!.columns);
