import { Canvas, mix, parseColour, parseSprite, type Rgb, type Sprite } from '../canvas.js';
import { EMPTY, LEVEL_WIDTH, TILE, tileAt } from '../platformer/level.js';
import { coin, decorations, heroes, type HeroName } from '../platformer/sprites.js';
import { themeNames, themes, type Theme, type ThemeName } from '../platformer/themes.js';
import { tileSprites, type TileSprites } from '../platformer/tiles.js';
import { hash } from '../random.js';
import { FLAG, HEARTS, groundRow } from './rules.js';
import type { RunnerState } from './state.js';

/** Tiles of a frame: the view, and a row that tells coins and hearts. */
export const COLUMNS = 8;
export const VIEW_ROWS = 7;
export const ROWS = 8;
/** Where in the view the runner is. */
export const RUNNER_COLUMN = 3;
export const RUNNER_ROW = 3;

export interface Scenery {
  readonly sky: Rgb;
  readonly air: Sprite;
  readonly tiles: TileSprites;
  readonly decorations: readonly Sprite[];
  readonly stand: Sprite;
  readonly run: Sprite;
  /** By tiles that the jump still rises. */
  readonly jumps: readonly Sprite[];
}

const cloud = [
  '........',
  '...ww...',
  '.wwwwww.',
  'wwwwwwww',
  'wwwwwwww',
  '.wwwww..',
  '........',
  '........',
];
const star = ['........', '........', '...w....', '..www...', '...w....', '........', '......w.', '........'];
const flag = ['krrrrr..', 'krrrrrr.', 'krrrrr..', 'krr.....', 'k.......', 'k.......', 'k.......', 'kkk.....'];
const walkers = [
  ['........', '.pp..pp.', '.pppppp.', 'ppwppwpp', 'ppkppkpp', 'pppppppp', '.pppppp.', '.dd..dd.'],
  ['........', '.pp..pp.', '.pppppp.', 'ppwppwpp', 'ppkppkpp', 'pppppppp', 'dpppppp.', '....ddd.'],
].map((rows) => parseSprite(rows, { p: '#8a4fd0', w: '#ffffff', k: '#1a1030', d: '#4a2a80' }));
const flagSprite = parseSprite(flag, { k: '#3a3440', r: '#f03848' });
const coinSprite = parseSprite(coin.frames[0]!, coin.colours);
const heart = [
  '........',
  '.rr..rr.',
  'rwrrrrrr',
  'rrrrrrrr',
  '.rrrrrr.',
  '..rrrr..',
  '...rr...',
  '........',
];
const hearts = ['#f03848', '#3a3d4c'].map((r) =>
  parseSprite(heart, { r, w: r === '#f03848' ? '#ffc0c8' : r }),
);
const digits = [
  '755557',
  '262227',
  '711747',
  '711717',
  '557111',
  '744717',
  '744757',
  '711222',
  '755757',
  '757117',
].map((rows) => {
  // Three bits a row.
  const lines = [...rows].map((row) =>
    Number(row).toString(2).padStart(3, '0').replace(/1/g, 'w').replace(/0/g, '.'),
  );
  return parseSprite(['........', ...lines.map((line) => `..${line}...`), '........'], { w: '#f0f4ff' });
});
const hudColour: Rgb = [24, 22, 34];
/** Pictures that are the same in every look; those of walkers look to the left. */
export const shared = { flag: flagSprite, coin: coinSprite, walkers, hearts, digits, hudColour };

/** Marks under a jumper's feet, which tell how far the jump still goes. */
const marks = ['', 'w', 'w.w'];

export const sceneries: ReadonlyMap<ThemeName, Scenery> = new Map(
  themeNames.map((name, at): [ThemeName, Scenery] => {
    const theme: Theme = themes[name];
    const [a, b, c] = theme.decorationColours;
    const hero = heroes[(Object.keys(heroes) as HeroName[])[at % 3]!];
    const jump = (left: number): Sprite => {
      const rows = hero.jump.map((row, y) => (y === 0 ? marks[left]!.padEnd(3, '.') + row.slice(3) : row));
      return parseSprite(rows, { ...hero.colours, w: '#ffffff' });
    };
    const air = parseSprite(theme.air.kind === 'stars' ? star : cloud, { w: theme.air.colour });
    return [
      name,
      {
        sky: mix(parseColour(theme.sky.top), parseColour(theme.sky.bottom), 0.5),
        air,
        tiles: tileSprites(theme),
        decorations: theme.decorations.map((each) => parseSprite(decorations[each], { a, b, c })),
        stand: parseSprite(hero.stand, hero.colours),
        run: parseSprite(hero.run[0]!, hero.colours),
        jumps: [0, 1, 2].map(jump),
      },
    ];
  }),
);

/** Draws a state into (64, 64, 3) RGB bytes, every picture on the grid of tiles. */
export function renderState(state: RunnerState, out: Uint8Array): Uint8Array {
  const canvas = new Canvas(COLUMNS * TILE, ROWS * TILE, out);
  const scenery = sceneries.get(state.theme)!;
  const { level, seed, column, row } = state;
  canvas.fill(0, 0, canvas.width, canvas.height, scenery.sky);
  const [left, top] = [column - RUNNER_COLUMN, row - RUNNER_ROW];
  const draw = (sprite: Sprite, x: number, y: number, flip = false): void => {
    const [dx, dy] = [x - left, y - top];
    if (dx >= 0 && dy >= 0 && dx < COLUMNS && dy < VIEW_ROWS) canvas.draw(sprite, dx * TILE, dy * TILE, flip);
  };
  const occupied = new Set([...state.walkers, state].map((each) => each.row * LEVEL_WIDTH + each.column));
  for (let y = top; y < top + VIEW_ROWS; y++) {
    for (let x = left; x < left + COLUMNS; x++) {
      if (tileAt(level, x, y) !== EMPTY) draw(scenery.tiles(level, seed, x, y), x, y);
      else if (!occupied.has(y * LEVEL_WIDTH + x)) {
        const picture = standingAt(state, scenery, x, y);
        if (picture) draw(picture, x, y);
      }
    }
  }
  for (const walker of state.walkers)
    draw(walkers[walker.isStriding ? 1 : 0]!, walker.column, walker.row, walker.facing > 0);
  const stands = tileAt(level, column, row + 1) !== EMPTY && state.rise === 0;
  const pose = stands
    ? state.isRunning
      ? scenery.run
      : scenery.stand
    : scenery.jumps[Math.min(2, state.rise)]!;
  draw(pose, column, row, state.facing < 0);
  drawHud(state, canvas);
  return out;
}

/** What an empty tile shows: a coin, the flag, what grows on the ground, a cloud, or nothing. */
function standingAt(
  { level, seed, collected }: RunnerState,
  scenery: Scenery,
  x: number,
  y: number,
): Sprite | undefined {
  const cell = y * LEVEL_WIDTH + x;
  if (y >= 0 && level.coins.includes(cell) && !collected.has(cell)) return coinSprite;
  if (x === FLAG && y === groundRow(level, x)) return flagSprite;
  if (x >= 0 && x < LEVEL_WIDTH && scenery.tiles.isGround(level, x, y + 1)) {
    const dice = hash(seed, x, 5);
    return dice % 3 === 0 ? scenery.decorations[(dice >>> 8) % scenery.decorations.length] : undefined;
  }
  return hash(seed, x, y + 100) % 13 === 0 ? scenery.air : undefined;
}

/** Coins on the left, hearts on the right. */
function drawHud({ coins, hearts: left }: RunnerState, canvas: Canvas): void {
  const top = VIEW_ROWS * TILE;
  canvas.fill(0, top, canvas.width, TILE, hudColour);
  canvas.draw(coinSprite, 0, top);
  canvas.draw(digits[Math.floor(coins / 10) % 10]!, TILE, top);
  canvas.draw(digits[coins % 10]!, 2 * TILE, top);
  for (let at = 0; at < HEARTS; at++) canvas.draw(hearts[at < left ? 0 : 1]!, (5 + at) * TILE, top);
}
