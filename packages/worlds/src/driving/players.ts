import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import type { Player, PolicyName } from '../policy.js';
import { seededRandom } from '../random.js';
import { exitsOf, placeOnLane, turnOf, along } from './lanes.js';
import { hasLights } from './cells.js';
import { lightOf } from './lights.js';
import { findWayBack } from './recovery.js';
import { cellsAhead } from './scene.js';
import type { DrivingState } from './state.js';

const [NONE, UP, DOWN, LEFT, RIGHT, LEFT_UP, RIGHT_UP] = [0, 1, 2, 3, 4, 5, 6];
const ACTIONS = 7;

/** Keeps the numbers of players apart from those of towns. */
const PLAYERS = 1;
/** One in so many frames a driver looks away, and for how long; one in so many lights is not seen. */
const AWAY_ODDS = 90;
const AWAY: readonly [number, number] = [3, 9];
const LIGHT_ODDS = 10;
/** Crossings at which `return` turns the same way: four make a round. */
const ROUND: readonly [number, number] = [4, 9];

const oneIn = (random: RandomGenerator, count: number): boolean => uniformInt(random, 1, count) === 1;

/** The scripted drivers. */
export function createPlayer(name: PolicyName, seed: number): Player<DrivingState> {
  const random = seededRandom(seed, PLAYERS);
  if (name === 'random') return () => uniformInt(random, 0, ACTIONS - 1);
  if (name === 'return') return createDriver(random, createRounds(random));
  const driver = createDriver(random, (exits) => exits[uniformInt(random, 0, exits.length - 1)]!);
  return name === 'explore' ? driver : createIdler(driver, random);
}

/** Chooses where to leave a crossing: of headings straight on, to the right, to the left, as far as there are roads. */
type Navigator = (exits: readonly number[], heading: number) => number;

/** Rounds the same block some times to the right, then another to the left. */
function createRounds(random: RandomGenerator): Navigator {
  let [left, side] = [0, 1];
  return (exits, heading) => {
    if (left === 0) [left, side] = [uniformInt(random, ...ROUND), side === 1 ? 3 : 1];
    left--;
    const wanted = (heading + side) % 4;
    return exits.includes(wanted) ? wanted : exits[0]!;
  };
}

/** Drives by the rules, mostly: keeps its lane, stops at lights and behind others, slows down for corners, and at times looks away. */
function createDriver(random: RandomGenerator, navigate: Navigator): Player<DrivingState> {
  let chosen:
    | {
        readonly crossing: number;
        readonly heading: number;
        readonly exit: number;
        readonly seesLight: boolean;
      }
    | undefined;
  let [away, held] = [0, NONE];
  return (state) => {
    const { own, town } = state;
    if (own.wreck > 0) return NONE;
    if (away === 0 && oneIn(random, AWAY_ODDS)) {
      away = uniformInt(random, ...AWAY);
      held = [UP, UP, NONE, LEFT_UP, RIGHT_UP][uniformInt(random, 0, 4)]!;
    }
    if (away > 0) {
      away--;
      return held;
    }
    const place = placeOnLane(town, own);
    if (!place) return steerBack(state);
    const crossing = town.crossings[place.crossing]!;
    if (chosen?.crossing !== place.crossing || chosen.heading !== own.heading) {
      const exit = navigate(exitsOf(crossing, own.heading), own.heading);
      chosen = {
        crossing: place.crossing,
        heading: own.heading,
        exit,
        seesLight: !oneIn(random, LIGHT_ODDS),
      };
    }
    const { exit, seesLight } = chosen;
    let wanted = 2;
    const limit = (cells: number): void => {
      wanted = Math.min(wanted, cells >= 3 ? 2 : cells >= 1 ? 1 : 0);
    };
    const isStop = hasLights(crossing) && lightOf(crossing, own.heading, state.time) !== 'green';
    if (isStop && seesLight && place.toStop >= 0) limit(place.toStop);
    limit(roomAhead(state) - 1);
    if (exit !== own.heading) {
      const toTurn = Math.abs(turnOf(crossing, own.heading, exit) - along(own));
      if (toTurn === 0 && wanted > 0) {
        const isRight = exit === (own.heading + 1) % 4;
        if (own.speed <= 0) return isRight ? RIGHT_UP : LEFT_UP;
        return isRight ? RIGHT : LEFT;
      }
      wanted = Math.min(wanted, toTurn);
    }
    return own.speed < wanted ? UP : own.speed > wanted ? DOWN : NONE;
  };
}

/** Free cells ahead, as far as a driver looks. */
function roomAhead({ own, cars, people }: DrivingState): number {
  const isTaken = (x: number, y: number): boolean =>
    cars.some((car) => x >= car.x && x < car.x + 2 && y >= car.y && y < car.y + 2) ||
    people.some((person) => person.x === x && person.y === y);
  for (let distance = 1; distance <= 5; distance++) {
    if (cellsAhead(own, own.heading, distance).some(([x, y]) => isTaken(x, y))) return distance - 1;
  }
  return 5;
}

/** Off the lane: the first step of the shortest way back to one, slowly. */
function steerBack(state: DrivingState): number {
  const { speed } = state.own;
  if (speed === 2) return DOWN;
  const step = findWayBack(state);
  const turn = { ahead: 0, right: 1, back: 2, left: 3 }[step];
  const way = cellsAhead(state.own, (state.own.heading + turn) % 4, 1);
  // Whoever stands there, or lies, is waited for.
  if (state.people.some((person) => way.some(([x, y]) => person.x === x && person.y === y))) {
    return speed > 0 ? DOWN : speed < 0 ? UP : NONE;
  }
  switch (step) {
    case 'back':
      return speed < 0 ? NONE : DOWN;
    case 'left':
      return speed <= 0 ? (speed < 0 ? UP : LEFT_UP) : LEFT;
    case 'right':
      return speed <= 0 ? (speed < 0 ? UP : RIGHT_UP) : RIGHT;
    default:
      return speed <= 0 ? UP : NONE;
  }
}

/** Drives with pauses, and pushes slowly against what is in the way. */
function createIdler(driver: Player<DrivingState>, random: RandomGenerator): Player<DrivingState> {
  let [left, kind] = [0, 0];
  return (state) => {
    if (left === 0 && oneIn(random, 40)) [left, kind] = [uniformInt(random, 8, 40), uniformInt(random, 0, 5)];
    if (left === 0) return driver(state);
    left--;
    const { speed } = state.own;
    // One pause in six is spent going on slowly, into whatever comes.
    if (kind === 0) return speed < 1 ? UP : speed > 1 ? DOWN : NONE;
    return speed > 0 ? DOWN : speed < 0 ? UP : NONE;
  };
}
