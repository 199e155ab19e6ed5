import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import type { Player, PolicyName } from '../policy.js';
import { seededRandom } from '../random.js';
import { canMove } from './machines.js';
import { BELT, FIRST_COLUMN, kinds, type FactoryState } from './state.js';

const [NONE, LEFT, RIGHT, UP, DOWN, GRAB, RELEASE, SWITCH] = [0, 1, 2, 3, 4, 5, 6, 7];
const ACTIONS = 8;

/** Keeps the numbers of players apart from those of halls. */
const PLAYERS = 1;
/** One in so many frames a worker does anything, and one in so many parcels goes into a wrong bin. */
const SLIP_ODDS = 40;
const WRONG_ODDS = 16;

const oneIn = (random: RandomGenerator, count: number): boolean => uniformInt(random, 1, count) === 1;

/** The scripted workers. */
export function createPlayer(name: PolicyName, seed: number): Player<FactoryState> {
  const random = seededRandom(seed, PLAYERS);
  if (name === 'random') return () => uniformInt(random, 0, ACTIONS - 1);
  const worker = createWorker(random, name === 'return' ? 2 : 12);
  return name === 'idle' ? createIdler(worker, random) : worker;
}

/**
 * Takes what is farthest on the belt, or stuck, to its bin, and starts the belt again.
 * @param backOdds one parcel in so many is carried away and then back to the belt
 */
function createWorker(random: RandomGenerator, backOdds: number): Player<FactoryState> {
  let target: number | undefined;
  let isGoingBack = false;
  return (state) => {
    const { gripper, belt, isRunning, isJammed } = state;
    if (oneIn(random, SLIP_ODDS)) return uniformInt(random, 0, ACTIONS - 1);
    if (!isRunning && (isJammed ? canMove(state) : true) && oneIn(random, 5)) return SWITCH;
    const { column, isDown, held } = gripper;
    if (!held) {
      target = undefined;
      return seek(state);
    }
    if (target === undefined) {
      isGoingBack = oneIn(random, backOdds);
      target = BELT + (oneIn(random, WRONG_ODDS) ? uniformInt(random, 0, kinds.length - 1) : held.kind);
    }
    if (isDown && column < BELT && target !== column) return UP;
    if (column !== target) return column < target ? RIGHT : LEFT;
    if (!isGoingBack && column < BELT && belt[column]) {
      // Something came there first.
      target = BELT + held.kind;
      return NONE;
    }
    if (!isGoingBack) return column < BELT && !isDown ? DOWN : RELEASE;
    // Back to where there is room on the belt, and there it is put down.
    isGoingBack = false;
    const free = [...belt.keys()].filter((each) => each >= FIRST_COLUMN && !belt[each]);
    target = free.length > 0 ? free[uniformInt(random, 0, free.length - 1)]! : target;
    return NONE;
  };
}

/** Goes over the parcel that matters most, down to it, and takes it. */
function seek({ gripper: { column, isDown }, belt }: FactoryState): number {
  const stuck = belt.findIndex((parcel) => parcel?.isStuck);
  const wanted = stuck >= 0 ? stuck : belt.findLastIndex((parcel) => parcel !== undefined);
  const to = Math.max(FIRST_COLUMN, wanted < 0 ? BELT - 1 : wanted);
  if (column !== to) return isDown && column >= BELT ? UP : column < to ? RIGHT : LEFT;
  if (!belt[column]) return isDown ? UP : NONE;
  return isDown ? GRAB : DOWN;
}

/** Works with pauses, and pushes against the ends of the rail and against what is in the way. */
function createIdler(worker: Player<FactoryState>, random: RandomGenerator): Player<FactoryState> {
  let [left, action] = [0, NONE];
  return (state) => {
    if (left === 0 && oneIn(random, 30)) {
      const isPause = !oneIn(random, 3);
      left = isPause ? uniformInt(random, 6, 40) : uniformInt(random, 4, 10);
      action = isPause ? NONE : [LEFT, RIGHT, UP, DOWN][uniformInt(random, 0, 3)]!;
    }
    if (left === 0) return worker(state);
    left--;
    return action;
  };
}
