import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { hash } from '../random.js';
import { buildBlocks } from './blocks.js';
import {
  hasLights,
  MARGIN,
  OPEN,
  PAVEMENT,
  ROAD,
  ROAD_WIDTH,
  SIDE,
  SOLID,
  ZEBRA,
  type Crossing,
} from './cells.js';

/** Cells between two roads: pavements on both sides and what is between those. */
const BLOCK: readonly [number, number] = [9, 14];
/** Of the inner roads one in so many is a park instead. */
const PARK_ODDS = 4;

/** A cell that shows the light of those who come with a heading. */
export interface Lamp {
  readonly crossing: number;
  readonly heading: number;
  /** The post beside the road, or the line where cars stop. */
  readonly part: 'post' | 'line';
}

export interface Town {
  readonly width: number;
  readonly height: number;
  /** (height, width): what each cell is to those who move. */
  readonly surface: Uint8Array;
  /** (height, width): what each cell looks like, but for lamps. */
  readonly tiles: readonly string[];
  /** Row by row. */
  readonly crossings: readonly Crossing[];
  /** By cell. */
  readonly lamps: ReadonlyMap<number, Lamp>;
}

/** The index of the crossing that a road of a heading leads to. */
export const neighbourOf = (crossing: number, heading: number): number =>
  crossing + [1, SIDE, -1, -SIDE][heading]!;

/** The cell of a town; beyond its edge there is none. */
export const surfaceAt = ({ width, height, surface }: Town, x: number, y: number): number =>
  x < 0 || y < 0 || x >= width || y >= height ? SOLID : surface[y * width + x]!;

/** A texture's phase: no step of one or two cells along an axis repeats it, so that scrolling can be seen everywhere. */
const isMarked = (x: number, y: number): boolean => (x + 2 * y) % 5 === 0;

/** A town of crossing roads, some of them turned into parks, on an island. */
export function createTown(random: RandomGenerator): Town {
  const starts = (): number[] => {
    const out = [MARGIN];
    while (out.length < SIDE) out.push(out.at(-1)! + ROAD_WIDTH + uniformInt(random, ...BLOCK));
    return out;
  };
  const [xs, ys] = [starts(), starts()];
  const [width, height] = [xs.at(-1)! + ROAD_WIDTH + MARGIN, ys.at(-1)! + ROAD_WIDTH + MARGIN];
  const crossings = createCrossings(xs, ys, random);
  const surface = new Uint8Array(width * height).fill(OPEN);
  const tiles = new Array<string>(width * height).fill('grass');
  const lamps = new Map<number, Lamp>();
  const set = (x: number, y: number, kind: number, tile: string): void => {
    surface[y * width + x] = kind;
    tiles[y * width + x] = tile;
  };

  drawIsland(width, height, set);
  for (const [starts, isColumn] of [
    [xs, true],
    [ys, false],
  ] as const) {
    const length = (isColumn ? ys : xs).at(-1)! + ROAD_WIDTH + 1;
    for (const start of starts) {
      for (const at of [start - 1, start + ROAD_WIDTH]) {
        for (let along = MARGIN - 1; along < length; along++) {
          const [x, y] = isColumn ? [at, along] : [along, at];
          set(x, y, PAVEMENT, 'pavement');
        }
      }
    }
  }
  crossings.forEach((crossing, index) => {
    const asphalt = (x: number, y: number): void => set(x, y, ROAD, isMarked(x, y) ? 'rough road' : 'road');
    for (let y = 0; y < ROAD_WIDTH; y++) {
      for (let x = 0; x < ROAD_WIDTH; x++) asphalt(crossing.x + x, crossing.y + y);
    }
    if (crossing.arms[0]) {
      drawRoad(crossing.x + ROAD_WIDTH, crossings[index + 1]!.x, crossing.y, false, set);
    }
    if (crossing.arms[1]) {
      drawRoad(crossing.y + ROAD_WIDTH, crossings[index + SIDE]!.y, crossing.x, true, set);
    }
    if (hasLights(crossing)) placeLamps(crossing, index, width, lamps);
  });
  for (const [cell, { part }] of lamps) {
    if (part === 'post') surface[cell] = SOLID;
  }
  buildBlocks({ xs, ys, width, height, set, random, surface, crossings });
  for (let cell = 0; cell < tiles.length; cell++) {
    const [x, y] = [cell % width, Math.floor(cell / width)];
    if (tiles[cell] === 'pavement') tiles[cell] = pavementTile(surface, width, x, y);
    if (tiles[cell] === 'grass') tiles[cell] = grassTile(x, y);
    if (tiles[cell] === 'water' && isMarked(x, y)) tiles[cell] = 'waves';
  }
  return { width, height, surface, tiles, crossings, lamps };
}

/** A grid of crossings; some inner roads are left out where each end keeps three. */
function createCrossings(xs: readonly number[], ys: readonly number[], random: RandomGenerator): Crossing[] {
  const arms = ys.flatMap((_, j) => xs.map((_, i) => [i < SIDE - 1, j < SIDE - 1, i > 0, j > 0]));
  const count = (at: number): number => arms[at]!.filter(Boolean).length;
  for (let at = 0; at < arms.length; at++) {
    for (const heading of [0, 1]) {
      const other = neighbourOf(at, heading);
      if (!arms[at]![heading] || count(at) < 4 || count(other) < 4) continue;
      if (uniformInt(random, 1, PARK_ODDS) !== 1) continue;
      arms[at]![heading] = false;
      arms[other]![heading + 2] = false;
    }
  }
  return arms.map((each, at) => {
    const [i, j] = [at % SIDE, Math.floor(at / SIDE)];
    return { x: xs[i]!, y: ys[j]!, arms: each, group: ((i + j) % 2) as 0 | 1 };
  });
}

type SetCell = (x: number, y: number, kind: number, tile: string) => void;

/** Grass, then a beach, then the sea. */
function drawIsland(width: number, height: number, set: SetCell): void {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const inland = Math.min(x, y, width - 1 - x, height - 1 - y) - (MARGIN - 5);
      if (inland < 0) set(x, y, SOLID, 'water');
      else if (inland === 0) set(x, y, OPEN, 'sand');
    }
  }
}

/** A road from one crossing to the next, its lanes apart by a dashed line, with a zebra and a stop line at each end. */
function drawRoad(from: number, to: number, side: number, isColumn: boolean, set: SetCell): void {
  for (let along = from; along < to; along++) {
    const isZebra = along === from || along === to - 1;
    const isDashed = along > from + 1 && along < to - 2 && along % 5 < 3;
    for (let across = 0; across < ROAD_WIDTH; across++) {
      const [x, y] = isColumn ? [side + across, along] : [along, side + across];
      if (isZebra) {
        set(x, y, ZEBRA, isColumn ? 'zebra-down' : 'zebra-across');
        continue;
      }
      const plain = isMarked(x, y) ? 'rough road' : 'road';
      const line = isColumn ? ['', 'line-east', 'line-west'] : ['', 'line-south', 'line-north'];
      set(x, y, ROAD, (isDashed && line[across]) || plain);
    }
  }
}

/** Where a lane begins, across its road: right-hand traffic, so those who go east or north are in the farther one. */
export const laneOffset = (heading: number): number => (heading === 0 || heading === 3 ? 2 : 0);

/** The post is at the corner to the right of those who come, the line across their lane. */
function placeLamps(
  { x, y, arms }: Crossing,
  crossing: number,
  width: number,
  lamps: Map<number, Lamp>,
): void {
  const near = ROAD_WIDTH + 1;
  for (let heading = 0; heading < 4; heading++) {
    if (!arms[(heading + 2) % 4]) continue;
    const isVertical = heading % 2 === 1;
    const along = heading === 0 || heading === 1 ? -2 : near;
    const post = heading === 0 || heading === 3 ? near : -2;
    const at = (along: number, across: number): number =>
      isVertical ? (y + along) * width + x + across : (y + across) * width + x + along;
    lamps.set(at(along, post), { crossing, heading, part: 'post' });
    for (const lane of [0, 1]) {
      lamps.set(at(along, laneOffset(heading) + lane), { crossing, heading, part: 'line' });
    }
  }
}

/** Pavement has its kerb towards the road. */
function pavementTile(surface: Uint8Array, width: number, x: number, y: number): string {
  const isRoad = (dx: number, dy: number): boolean => surface[(y + dy) * width + x + dx] === ROAD;
  if (isRoad(1, 0)) return 'pavement-east';
  if (isRoad(0, 1)) return 'pavement-south';
  if (isRoad(-1, 0)) return 'pavement-west';
  if (isRoad(0, -1)) return 'pavement-north';
  return 'pavement';
}

function grassTile(x: number, y: number): string {
  if (hash(x, y, 3) % 23 === 0) return 'flowers';
  return isMarked(x, y) ? 'tuft' : 'grass';
}
