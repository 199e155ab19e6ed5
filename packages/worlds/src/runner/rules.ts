import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { LEVEL_HEIGHT, LEVEL_WIDTH, createLevel, isSolid, type Level } from '../platformer/level.js';
import { seededRandom } from '../random.js';
import type { RunnerState, Walker } from './state.js';

/** Tiles that a jump rises: onto a step of two, and onto a platform. */
const JUMP = 3;
export const HEARTS = 3;
/** Columns of start and flag. */
const START = 3;
export const FLAG = LEVEL_WIDTH - 4;
/** One flat place in so many has a walker. */
const WALKER_ODDS = 5;
/** Tells the generator of a level from that of the next; below are those of looks and players. */
const LEVELS = 100;

export interface RunnerKeys {
  readonly direction: -1 | 0 | 1;
  readonly jump: boolean;
}

/** The row in which someone stands in a column, on its ground and crates. */
export function groundRow(level: Level, column: number): number {
  let row = LEVEL_HEIGHT - 1;
  while (isSolid(level, column, row)) row--;
  return row;
}

/** The beginning of a level. */
export function enterLevel(
  seed: number,
  depth: number,
): Omit<RunnerState, 'seed' | 'theme' | 'coins' | 'reward' | 'isEnd'> {
  const random = seededRandom(seed, LEVELS + depth);
  const level = createLevel(random);
  return {
    ...{ depth, level, column: START, row: groundRow(level, START), facing: 1, isRunning: false, rise: 0 },
    ...{ walkers: createWalkers(level, random), collected: new Set<number>(), hearts: HEARTS },
  };
}

/** Walkers where the ground is flat for three tiles. */
function createWalkers(level: Level, random: RandomGenerator): Walker[] {
  const walkers: Walker[] = [];
  for (let column = 2 * START + 2; column < FLAG - 2; column++) {
    const rows = [-1, 0, 1].map((side) => groundRow(level, column + side));
    if (rows.some((row) => row !== rows[0]) || uniformInt(random, 1, WALKER_ODDS) !== 1) continue;
    walkers.push({ column, row: rows[0]!, facing: -1, isStriding: false });
    column += 4;
  }
  return walkers;
}

/** One frame: to the side, then up or down, each by a tile where it is free; then the walkers. */
export function stepRunner(before: RunnerState, keys: RunnerKeys): RunnerState {
  const { level } = before;
  let { column, row, rise } = before;
  const stands = isSolid(level, column, row + 1);
  if (stands && keys.jump) rise = JUMP;
  if (keys.direction !== 0 && !isSolid(level, column + keys.direction, row)) column += keys.direction;
  const isFalling = rise === 0;
  if (rise > 0) {
    rise = isSolid(level, column, row - 1) ? 0 : rise - 1;
    if (!isSolid(level, column, row - 1)) row--;
  } else if (!isSolid(level, column, row + 1)) {
    row++;
  }
  const facing = keys.direction === 0 ? before.facing : keys.direction;
  const isRunning = column !== before.column;
  const moved = { ...before, column, row, rise, facing, isRunning, reward: 0, isEnd: false };
  return arrive(meetWalkers(collect(moved), before, isFalling));
}

function collect(state: RunnerState): RunnerState {
  const cell = state.row * LEVEL_WIDTH + state.column;
  if (state.row < 0 || !state.level.coins.includes(cell) || state.collected.has(cell)) return state;
  const collected = new Set(state.collected).add(cell);
  return { ...state, collected, coins: state.coins + 1, reward: state.reward + 1 };
}

/** Who falls onto a walker squashes it and bounces; who meets one otherwise loses a heart, and the walker is gone as well. */
function meetWalkers(state: RunnerState, before: RunnerState, isFalling: boolean): RunnerState {
  let { coins, hearts, reward, rise } = state;
  const walkers = state.walkers.flatMap((walker): Walker[] => {
    const next = walk(state.level, walker);
    const isAt = ({ column, row }: Walker): boolean => column === state.column && row === state.row;
    // Two that change places have met as well.
    const isCrossing =
      next.column === before.column && walker.column === state.column && next.row === state.row;
    if (!isAt(walker) && !isAt(next) && !isCrossing) return [next];
    if (isFalling && state.row > before.row) {
      coins++;
      reward++;
      rise = 1;
    } else {
      hearts--;
      reward -= 5;
    }
    return [];
  });
  return { ...state, walkers, coins, hearts, reward, rise };
}

/** Every second frame a step, or a turn where the ground ends or rises. */
function walk(level: Level, walker: Walker): Walker {
  if (!walker.isStriding) return { ...walker, isStriding: true };
  const column = walker.column + walker.facing;
  const isFree = !isSolid(level, column, walker.row) && isSolid(level, column, walker.row + 1);
  const facing = walker.facing > 0 ? -1 : 1;
  return isFree ? { ...walker, column, isStriding: false } : { ...walker, facing, isStriding: false };
}

/** At the flag the next level begins, without hearts the same one. */
function arrive(state: RunnerState): RunnerState {
  if (state.hearts <= 0) return { ...state, ...enterLevel(state.seed, state.depth), isEnd: true };
  if (state.column < FLAG) return state;
  const reward = state.reward + 10;
  return { ...state, ...enterLevel(state.seed, state.depth + 1), hearts: state.hearts, reward, isEnd: true };
}
