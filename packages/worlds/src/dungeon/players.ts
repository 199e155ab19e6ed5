import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import type { Player, PolicyName } from '../policy.js';
import { seededRandom } from '../random.js';
import { HEADINGS } from '../headings.js';
import { CHEST, DOOR, GATE, STAIR, isFree } from './cells.js';
import { cellAt } from './level.js';
import type { DungeonState } from './state.js';
import { headingTo, quarterTurns } from './way.js';

const NONE = 0;
const UP = 1;
const DOWN = 2;
const LEFT = 3;
const RIGHT = 4;
const USE = 5;
const ACTIONS = 6;

/** Keeps the numbers of players apart from those of levels and looks. */
const PLAYERS = 1;

/** The scripted players of the dungeon. */
export function createPlayer(name: PolicyName, seed: number): Player<DungeonState> {
  const random = seededRandom(seed, PLAYERS);
  if (name === 'random') return () => uniformInt(random, 0, ACTIONS - 1);
  const wander = createWanderer(random);
  if (name === 'explore') return wander;
  return name === 'idle' ? createIdler(wander, random) : createReturner(wander, random);
}

const oneIn = (random: RandomGenerator, count: number): boolean => uniformInt(random, 1, count) === 1;

/** One maze in so many is walked through to its stair; one frame in so many a turn or a step is another on the way. */
const STAIR_ODDS = 2;
const STRAY_ODDS = 7;

/**
 * Goes on where it can, turns where it cannot, opens what it meets, and now and then turns or steps back for no reason. In some mazes it
 * looks for the stair: who strolls alone hardly ever finds one, and stairs would be too rare to be learned.
 */
function createWanderer(random: RandomGenerator): Player<DungeonState> {
  let turn = RIGHT;
  let turning = false;
  let depth = -1;
  let isForStair = false;
  return (state) => {
    const [dx, dy] = HEADINGS[state.heading]!;
    const ahead = cellAt(state.cells, state.x + dx, state.y + dy);
    if (state.depth !== depth) [depth, isForStair] = [state.depth, oneIn(random, STAIR_ODDS)];
    if (isForStair && !oneIn(random, STRAY_ODDS)) {
      const heading = headingTo(state, STAIR);
      if (heading !== undefined) {
        const turns = quarterTurns(state.heading, heading);
        if (turns !== 0) return turns === 3 ? LEFT : RIGHT;
        // Before the stair it lingers: seen from near, left, and seen again.
        if (ahead === STAIR)
          return oneIn(random, 6) ? USE : [NONE, LEFT, RIGHT, DOWN][uniformInt(random, 0, 3)]!;
        return ahead === DOOR ? USE : UP;
      }
    }
    if (ahead === DOOR || ahead === CHEST || (ahead === GATE && state.keys > 0)) {
      return oneIn(random, 8) ? UP : USE;
    }
    if (ahead === STAIR && oneIn(random, 12)) return USE;
    // A gate without a key stays closed, which is learned by trying alone.
    if (ahead === GATE && oneIn(random, 2)) return oneIn(random, 4) ? UP : USE;
    if (!isFree(ahead)) {
      // Against a wall now and then: nothing happens, and that has to be learned.
      if (oneIn(random, 10)) return oneIn(random, 3) ? USE : UP;
      if (!turning) turn = oneIn(random, 2) ? LEFT : RIGHT;
      turning = true;
      return turn;
    }
    turning = false;
    if (oneIn(random, 9)) return oneIn(random, 2) ? LEFT : RIGHT;
    return oneIn(random, 30) ? DOWN : UP;
  };
}

/** Wanders with pauses, pushes against walls, and looks all around. */
function createIdler(wander: Player<DungeonState>, random: RandomGenerator): Player<DungeonState> {
  let planned: number[] = [];
  return (state) => {
    if (planned.length === 0 && oneIn(random, 12)) {
      const kind = uniformInt(random, 0, 3);
      const repeated = (action: number, least: number, most: number): number[] =>
        new Array<number>(uniformInt(random, least, most)).fill(action);
      if (kind <= 1) planned = repeated(NONE, 4, 24);
      else if (kind === 2) planned = repeated(UP, 3, 8);
      else planned = repeated(oneIn(random, 2) ? LEFT : RIGHT, 4, 8);
    }
    return planned.shift() ?? wander(state);
  };
}

/** Wanders for a while, goes back the way it came, and begins anew. */
function createReturner(wander: Player<DungeonState>, random: RandomGenerator): Player<DungeonState> {
  let trail: number[] = [];
  let planned: number[] = [];
  let length = uniformInt(random, 8, 40);
  let last: { readonly state: DungeonState; readonly action: number } | undefined;
  return (state) => {
    if (planned.length > 0) return planned.shift()!;
    if (last) {
      if (last.state.depth !== state.depth) trail = [];
      else if (hasMoved(last.state, state)) trail.push(last.action);
    }
    if (trail.length >= length) {
      // Turned round, the same steps lead back, and every turn is the other one.
      const back = trail
        .reverse()
        .map((action) => (action === LEFT ? RIGHT : action === RIGHT ? LEFT : action));
      [trail, last] = [[], undefined];
      length = uniformInt(random, 8, 40);
      planned = [RIGHT, RIGHT, ...back, RIGHT, RIGHT];
      return planned.shift()!;
    }
    const action = wander(state);
    last = { state, action };
    return action;
  };
}

const hasMoved = (before: DungeonState, after: DungeonState): boolean =>
  before.x !== after.x || before.y !== after.y || before.heading !== after.heading;
