import { hash } from '../random.js';
import { parseColour, type Rgb, type Sprite } from '../canvas.js';
import { CRATE, EMPTY, GROUND, PLATFORM, TILE, tileAt, type Level } from './level.js';
import type { Theme, TileStyle } from './themes.js';

/** Picks the picture of a solid cell, from its surroundings and a dice of its own. */
export interface TileSprites {
  (level: Level, seed: number, column: number, row: number): Sprite;
  /** All pictures that it may pick. */
  readonly pictures: Readonly<Record<'ground' | 'crate' | 'platform', readonly Sprite[]>>;
  /** Whether a cell is ground: what things grow on. */
  isGround(level: Level, column: number, row: number): boolean;
}

/** Colours of a tile picture, by index: bright, middle, dark of the surface, then of the inside. */
type Pattern = (x: number, y: number, variant: number) => number;

/** Different pictures of the inside, so that walls do not look like wallpaper. */
const VARIANTS = 4;

/** All pictures of a theme's solid tiles. */
export function tileSprites(theme: Theme): TileSprites {
  const ground = [...theme.surface, ...theme.inside].map(parseColour);
  const inside = Array.from({ length: VARIANTS }, (_, variant) =>
    paint(insides[theme.tile], variant, ground),
  );
  const tops = Array.from({ length: 4 }, (_, edges) =>
    Array.from({ length: VARIANTS }, (_, variant) =>
      paint((x, y, dice) => topPixel(theme.tile, x, y, dice, edges), variant, ground),
    ),
  );
  const walls = Array.from({ length: 4 }, (_, edges) =>
    Array.from({ length: VARIANTS }, (_, variant) =>
      paint((x, y, dice) => (isEdge(x, edges) ? 5 : insides[theme.tile](x, y, dice)), variant, ground),
    ),
  );
  const crate = paint(cratePixel, 0, theme.crate.map(parseColour));
  const platform = Array.from({ length: 4 }, (_, edges) =>
    paint((x, y) => platformPixel(x, y, edges), 0, theme.platform.map(parseColour)),
  );

  const pick = (level: Level, seed: number, column: number, row: number): Sprite => {
    const tile = tileAt(level, column, row);
    if (tile === CRATE) return crate;
    const open = (dx: number): boolean => tileAt(level, column + dx, row) === EMPTY;
    // Bit 0: nothing to the left. Bit 1: nothing to the right.
    const edges = (open(-1) ? 1 : 0) + (open(1) ? 2 : 0);
    if (tile === PLATFORM) return platform[edges]!;
    const variant = hash(seed, column, row) % VARIANTS;
    if (tileAt(level, column, row - 1) !== GROUND) return tops[edges]![variant]!;
    return edges === 0 ? inside[variant]! : walls[edges]![variant]!;
  };
  const isGround = (level: Level, column: number, row: number): boolean =>
    tileAt(level, column, row) === GROUND;
  const pictures = { ground: [...inside, ...tops.flat(), ...walls.flat()], crate: [crate], platform };
  return Object.assign(pick, { isGround, pictures });
}

function paint(pattern: Pattern, variant: number, colours: readonly Rgb[]): Sprite {
  const pixels = new Int8Array(TILE * TILE);
  for (let y = 0; y < TILE; y++) {
    for (let x = 0; x < TILE; x++) pixels[y * TILE + x] = pattern(x, y, variant);
  }
  return { width: TILE, height: TILE, pixels, colours };
}

function isEdge(x: number, edges: number): boolean {
  return (x === 0 && (edges & 1) !== 0) || (x === TILE - 1 && (edges & 2) !== 0);
}

/** What is below the surface, as indices 3 (bright), 4 (middle), 5 (dark). */
const insides: Record<TileStyle, Pattern> = {
  turf: (x, y, variant) => {
    const dice = hash(variant, x >> 1, y >> 1) % 11;
    return dice === 0 ? 3 : dice === 1 ? 5 : 4;
  },
  sand: (x, y, variant) =>
    (y + (hash(variant, x >> 2, 1) % 2)) % 4 === 3 && hash(variant, x, y) % 4 !== 0 ? 5 : 4,
  brick: (x, y) => {
    const shifted = y < 4 ? x : (x + 4) % TILE;
    if (y % 4 === 3 || shifted === 7) return 5;
    return y % 4 === 0 ? 3 : 4;
  },
  slab: (x, y, variant) => {
    if (x === TILE - 1 || y === TILE - 1) return 5;
    if (x === 0 || y === 0) return 3;
    return variant === 0 && (x === 2 || x === 5) && (y === 2 || y === 5) ? 5 : 4;
  },
};

/** A tile whose upper side is the surface. */
function topPixel(style: TileStyle, x: number, y: number, variant: number, edges: number): number {
  if (style === 'brick' || style === 'slab') {
    if (y === 0) return 0;
    if (y === 1) return style === 'slab' && ((x >> 1) & 1) === 1 ? 2 : 1;
    if (y === 2) return 2;
  } else {
    const fringe = 2 + (hash(variant, x, 2) % 2);
    if (y === 0) return 0;
    if (y < fringe) return 1;
    if (y === fringe) return 2;
  }
  return isEdge(x, edges) ? 5 : insides[style](x, y, variant);
}

/** A wooden box: frame, boards, and a brace from corner to corner. */
function cratePixel(x: number, y: number): number {
  const last = TILE - 1;
  if (x === 0 || y === 0) return y === last || x === last ? 2 : 0;
  if (x === last || y === last) return 2;
  if (x === 1 || y === 1 || x === last - 1 || y === last - 1) return 1;
  if (x === y) return 0;
  return (x + y) % 2 === 0 ? 1 : 2;
}

/** A board with rounded ends. */
function platformPixel(x: number, y: number, edges: number): number {
  if (isEdge(x, edges) && (y === 0 || y >= 4)) return -1;
  if (y === 0) return 0;
  if (y <= 2) return 1;
  if (y <= 4) return 2;
  if (y === 5) return x % 4 === 1 || x % 4 === 2 ? 2 : -1;
  return -1;
}
