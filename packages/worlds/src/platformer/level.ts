import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

/** Side of a tile in pixels. */
export const TILE = 8;
/** Size of a level in tiles. */
export const LEVEL_WIDTH = 96;
export const LEVEL_HEIGHT = 14;

/** What a cell of the level holds. */
export const EMPTY = 0;
export const GROUND = 1;
export const CRATE = 2;
export const PLATFORM = 3;

/** Rows of ground at the lowest and highest places. */
const LOWEST = 1;
const HIGHEST = 6;
/** The highest step, in tiles, that the player can jump onto with room to spare. */
const MAX_STEP = 2;
/** Flat columns at both ends: where the player starts, and where it turns round. */
const MARGIN = 6;
/** Empty rows below a floating platform: enough to run through, and few enough to jump onto it from beside it. */
const CLEARANCE = 2;

/** A level: tiles by row, top row first, and where coins hang. */
export interface Level {
  /** (LEVEL_HEIGHT, LEVEL_WIDTH) */
  readonly tiles: Uint8Array;
  /** Cells with a coin, as row * LEVEL_WIDTH + column, ascending. */
  readonly coins: readonly number[];
}

/** The tile at a cell; cells outside of the level are empty above it and ground elsewhere. */
export function tileAt(level: Level, column: number, row: number): number {
  if (row < 0 && column >= 0 && column < LEVEL_WIDTH) return EMPTY;
  if (column < 0 || column >= LEVEL_WIDTH || row >= LEVEL_HEIGHT) return GROUND;
  return level.tiles[row * LEVEL_WIDTH + column]!;
}

export function isSolid(level: Level, column: number, row: number): boolean {
  return tileAt(level, column, row) !== EMPTY;
}

/**
 * Builds a level that can be crossed in both directions: neighbouring columns never differ by more than `MAX_STEP`, and
 * platforms leave room to pass below.
 */
export function createLevel(random: RandomGenerator): Level {
  const tiles = new Uint8Array(LEVEL_WIDTH * LEVEL_HEIGHT);
  const ground = groundProfile(random);
  for (let column = 0; column < LEVEL_WIDTH; column++) {
    fillColumn(tiles, column, 0, ground[column]!, GROUND);
  }

  // What the player stands on: ground, and crates on top of it.
  const surface = ground.slice();
  placeCrates(tiles, surface, random);
  const coins = new Set<number>();
  placePlatforms(tiles, surface, coins, random);
  placeCoins(surface, coins, random);
  return { tiles, coins: [...coins].filter((cell) => tiles[cell] === EMPTY).sort((a, b) => a - b) };
}

/** Rows of ground under each column: plateaus, steps, and pits shallow enough to jump out of. */
function groundProfile(random: RandomGenerator): number[] {
  const heights: number[] = new Array<number>(MARGIN).fill(3);
  let height = 3;
  while (heights.length < LEVEL_WIDTH) {
    const run = uniformInt(random, 3, 7);
    const isPit = uniformInt(random, 0, 3) === 0 && height > LOWEST;
    if (isPit) {
      const depth = Math.min(uniformInt(random, 1, MAX_STEP), height - LOWEST);
      const width = uniformInt(random, 2, 4);
      for (let i = 0; i < width; i++) heights.push(height - depth);
    } else {
      const step = uniformInt(random, -MAX_STEP, MAX_STEP);
      height = Math.max(LOWEST + 1, Math.min(HIGHEST, height + step));
    }
    for (let i = 0; i < run; i++) heights.push(height);
  }
  heights.length = LEVEL_WIDTH;
  return heights;
}

/** Sets rows [from, to) of a column, counted upwards from the bottom. */
function fillColumn(tiles: Uint8Array, column: number, from: number, to: number, tile: number): void {
  for (let up = from; up < to; up++) tiles[(LEVEL_HEIGHT - 1 - up) * LEVEL_WIDTH + column] = tile;
}

/** Puts stacks of one or two crates on flat ground. */
function placeCrates(tiles: Uint8Array, surface: number[], random: RandomGenerator): void {
  for (let column = MARGIN; column < LEVEL_WIDTH - MARGIN; column++) {
    if (uniformInt(random, 0, 7) !== 0) continue;
    const base = surface[column]!;
    if (surface[column - 1] !== base || surface[column + 1] !== base) continue;
    const stack = uniformInt(random, 1, MAX_STEP);
    fillColumn(tiles, column, base, base + stack, CRATE);
    surface[column] = base + stack;
    // At least one free column between stacks, so that each is an obstacle of its own.
    column += 2;
  }
}

/** Hangs short platforms over flat ground, where they block no step; some with coins on top. */
function placePlatforms(
  tiles: Uint8Array,
  surface: readonly number[],
  coins: Set<number>,
  random: RandomGenerator,
): void {
  for (let column = MARGIN; column < LEVEL_WIDTH - MARGIN; column++) {
    if (uniformInt(random, 0, 8) !== 0) continue;
    const length = uniformInt(random, 2, 4);
    const base = surface[column]!;
    if (surface.slice(column - 2, column + length + 2).some((height) => height !== base)) continue;
    const up = base + CLEARANCE;
    const withCoins = uniformInt(random, 0, 1) === 0;
    for (let i = 0; i < length; i++) {
      fillColumn(tiles, column + i, up, up + 1, PLATFORM);
      if (withCoins) coins.add((LEVEL_HEIGHT - 2 - up) * LEVEL_WIDTH + column + i);
    }
    column += length + 3;
  }
}

/** Coins in rows of two to four, one or two tiles above the ground. */
function placeCoins(surface: readonly number[], coins: Set<number>, random: RandomGenerator): void {
  for (let column = MARGIN; column < LEVEL_WIDTH - MARGIN; column++) {
    if (uniformInt(random, 0, 6) !== 0) continue;
    const length = uniformInt(random, 2, 4);
    const above = uniformInt(random, 0, 1);
    for (let i = 0; i < length; i++) {
      coins.add((LEVEL_HEIGHT - 1 - surface[column + i]! - above) * LEVEL_WIDTH + column + i);
    }
    column += length + 2;
  }
}
