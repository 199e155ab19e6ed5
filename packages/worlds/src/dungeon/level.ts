import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { HEADINGS } from '../headings.js';
import { CHEST, DOOR, EMPTY, GATE, KEY, STAIR, TORCH, WALL_A, WALL_C, isFree } from './cells.js';

/** Side of a dungeon in cells; odd, because passages lie on odd rows and columns. */
export const SIDE = 17;
/** Rooms that are cut into the maze. */
const ROOMS = 5;
const DOORS = 6;
const GATES = 2;
const CHESTS = 4;
/** One wall in so many that stands beside a passage has a torch. */
const TORCH_ODDS = 5;
/** Side of the regions that share a wall's look, in cells. */
const REGION = 5;

export interface Level {
  readonly cells: Uint8Array;
  readonly x: number;
  readonly y: number;
  readonly heading: number;
}

export const indexOf = (x: number, y: number): number => y * SIDE + x;

/** The cell at a place; beyond the edge everything is wall. */
export function cellAt(cells: Uint8Array, x: number, y: number): number {
  return x < 0 || y < 0 || x >= SIDE || y >= SIDE ? WALL_A : cells[indexOf(x, y)]!;
}

/**
 * A maze with rooms, doors in its bottlenecks, some of them locked, as many keys as locks where they can be reached without passing one,
 * chests and a stair at dead ends, torches.
 */
export function createLevel(random: RandomGenerator): Level {
  const isOpen = carve(random);
  const cells = new Uint8Array(SIDE * SIDE);
  const looks = Array.from(
    { length: Math.ceil(SIDE / REGION) ** 2 },
    () => WALL_A + uniformInt(random, 0, 2),
  );
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const region = Math.floor(y / REGION) * Math.ceil(SIDE / REGION) + Math.floor(x / REGION);
      cells[indexOf(x, y)] = isOpen[indexOf(x, y)] ? EMPTY : looks[region]!;
    }
  }
  const gaps = shuffled(
    openCells(cells).filter((at) => isBottleneck(cells, at)),
    random,
  );
  for (const at of gaps.slice(0, DOORS)) cells[at] = DOOR;
  for (const at of gaps.slice(DOORS, DOORS + GATES)) cells[at] = GATE;

  // A dead end stays one when it is filled, and nothing behind it is cut off.
  const ends = shuffled(
    openCells(cells).filter((at) => isDeadEnd(cells, at)),
    random,
  );
  // The stair first: a maze may have few ends, and without a stair nothing leads on.
  const stair = ends.pop();
  if (stair !== undefined) cells[stair] = STAIR;
  ends.slice(0, CHESTS).forEach((at) => (cells[at] = CHEST));

  const start = largestPart(cells);
  const free = shuffled(start, random);
  const locked = cells.filter((cell) => cell === GATE).length;
  for (const at of free.slice(1, 1 + locked)) cells[at] = KEY;
  placeTorches(cells, random);
  const at = free[0]!;
  return { cells, x: at % SIDE, y: Math.floor(at / SIDE), heading: uniformInt(random, 0, 3) };
}

/** Passages by depth-first search, then rooms. */
function carve(random: RandomGenerator): boolean[] {
  const isOpen = new Array<boolean>(SIDE * SIDE).fill(false);
  isOpen[indexOf(1, 1)] = true;
  const trail: (readonly [number, number])[] = [[1, 1]];
  while (trail.length > 0) {
    const [x, y] = trail.at(-1)!;
    const ways = HEADINGS.filter(([dx, dy]) => {
      const [nx, ny] = [x + 2 * dx, y + 2 * dy];
      return nx > 0 && ny > 0 && nx < SIDE - 1 && ny < SIDE - 1 && !isOpen[indexOf(nx, ny)];
    });
    if (ways.length === 0) {
      trail.pop();
      continue;
    }
    const [dx, dy] = ways[uniformInt(random, 0, ways.length - 1)]!;
    isOpen[indexOf(x + dx, y + dy)] = true;
    isOpen[indexOf(x + 2 * dx, y + 2 * dy)] = true;
    trail.push([x + 2 * dx, y + 2 * dy]);
  }
  for (let room = 0; room < ROOMS; room++) {
    const [left, top] = [uniformInt(random, 1, SIDE - 4), uniformInt(random, 1, SIDE - 4)];
    for (let y = top; y < top + 3; y++) for (let x = left; x < left + 3; x++) isOpen[indexOf(x, y)] = true;
  }
  return isOpen;
}

const openCells = (cells: Uint8Array): number[] => [...cells.keys()].filter((at) => cells[at] === EMPTY);

function around(cells: Uint8Array, at: number): number[] {
  const [x, y] = [at % SIDE, Math.floor(at / SIDE)];
  return HEADINGS.map(([dx, dy]) => cellAt(cells, x + dx, y + dy));
}

/** A free cell with walls on two opposite sides and none on the others. */
function isBottleneck(cells: Uint8Array, at: number): boolean {
  const [east, south, west, north] = around(cells, at).map((cell) => cell === EMPTY);
  return east === west && north === south && east !== north;
}

/** A free cell with one way out, and that neither a door nor a gate. */
function isDeadEnd(cells: Uint8Array, at: number): boolean {
  const ways = around(cells, at).filter((cell) => cell < WALL_A || cell > WALL_C);
  return ways.length === 1 && ways[0] === EMPTY;
}

/** The most cells that can be walked through without opening a locked gate. */
function largestPart(cells: Uint8Array): number[] {
  const seen = new Set<number>();
  let largest: number[] = [];
  for (const from of openCells(cells)) {
    if (seen.has(from)) continue;
    const part: number[] = [];
    const waiting = [from];
    seen.add(from);
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      if (cells[at] === EMPTY) part.push(at);
      const [x, y] = [at % SIDE, Math.floor(at / SIDE)];
      for (const [dx, dy] of HEADINGS) {
        const next = indexOf(x + dx, y + dy);
        const cell = cellAt(cells, x + dx, y + dy);
        if (seen.has(next) || !(isFree(cell) || cell === DOOR)) continue;
        seen.add(next);
        waiting.push(next);
      }
    }
    if (part.length > largest.length) largest = part;
  }
  return largest;
}

function placeTorches(cells: Uint8Array, random: RandomGenerator): void {
  for (let at = 0; at < cells.length; at++) {
    if (cells[at] !== WALL_A || !around(cells, at).includes(EMPTY)) continue;
    if (uniformInt(random, 1, TORCH_ODDS) === 1) cells[at] = TORCH;
  }
}

function shuffled<T>(values: readonly T[], random: RandomGenerator): T[] {
  const out = [...values];
  for (let i = out.length - 1; i > 0; i--) {
    const j = uniformInt(random, 0, i);
    [out[i], out[j]] = [out[j]!, out[i]!];
  }
  return out;
}
