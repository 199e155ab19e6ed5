import { hash } from '../random.js';
import { Canvas, mix, parseColour, parseSprite, type Rgb, type Sprite } from '../canvas.js';
import { EMPTY, LEVEL_HEIGHT, LEVEL_WIDTH, TILE, tileAt, type Level } from './level.js';
import { MAX_RUN, PLAYER_HEIGHT, PLAYER_WIDTH, SUBPIXELS } from './physics.js';
import { coin, decorations, heroes, type HeroName } from './sprites.js';
import type { PlatformerState } from './state.js';
import { themes, type Theme, type ThemeName } from './themes.js';
import { tileSprites, type TileSprites } from './tiles.js';

export const VIEW_WIDTH = 64;
export const VIEW_HEIGHT = 64;

/** Frames that one picture of an animation is shown. */
const COIN_FRAMES = 3;
/** Pixels run for each change of the legs. */
const STRIDE = 5;
/** Backdrops and sky move at these shares of the camera's speed. */
const FAR_PARALLAX = 1 / 4;
const NEAR_PARALLAX = 1 / 2;
const AIR_PARALLAX = 1 / 8;

/** A theme made ready to draw. */
interface Scenery {
  readonly sky: readonly Rgb[];
  readonly air: Rgb;
  readonly far: Rgb;
  readonly near: Rgb;
  readonly tiles: TileSprites;
  readonly decorations: readonly Sprite[];
}

interface HeroSprites {
  readonly stand: Sprite;
  readonly run: readonly Sprite[];
  readonly jump: Sprite;
}

const sceneries = new Map<ThemeName, Scenery>();
const heroSprites = new Map<HeroName, HeroSprites>();
const coinSprites = coin.frames.map((rows) => parseSprite(rows, coin.colours));

/** Draws a state into (VIEW_HEIGHT, VIEW_WIDTH, 3) RGB bytes. */
export function renderState(state: PlatformerState, out: Uint8Array): Uint8Array {
  const canvas = new Canvas(VIEW_WIDTH, VIEW_HEIGHT, out);
  const theme: Theme = themes[state.theme];
  const scenery = sceneryOf(state.theme);
  drawSky(canvas, theme, scenery, state);
  drawBackdrop(canvas, theme, scenery.far, state, FAR_PARALLAX, 0);
  drawBackdrop(canvas, theme, scenery.near, state, NEAR_PARALLAX, 1);
  drawLevel(canvas, scenery, state);
  drawHero(canvas, state);
  return out;
}

function sceneryOf(name: ThemeName): Scenery {
  let scenery = sceneries.get(name);
  if (scenery === undefined) {
    const theme: Theme = themes[name];
    const top = parseColour(theme.sky.top);
    const bottom = parseColour(theme.sky.bottom);
    const [a, b, c] = theme.decorationColours;
    scenery = {
      // Bands of four rows, as on the machines that such games come from.
      sky: Array.from({ length: VIEW_HEIGHT }, (_, y) =>
        mix(top, bottom, Math.floor(y / 4) / (VIEW_HEIGHT / 4 - 1)),
      ),
      air: parseColour(theme.air.colour),
      far: parseColour(theme.far),
      near: parseColour(theme.near),
      tiles: tileSprites(theme),
      decorations: theme.decorations.map((each) => parseSprite(decorations[each], { a, b, c })),
    };
    sceneries.set(name, scenery);
  }
  return scenery;
}

function heroOf(name: HeroName): HeroSprites {
  let sprites = heroSprites.get(name);
  if (sprites === undefined) {
    const hero = heroes[name];
    sprites = {
      stand: parseSprite(hero.stand, hero.colours),
      run: hero.run.map((rows) => parseSprite(rows, hero.colours)),
      jump: parseSprite(hero.jump, hero.colours),
    };
    heroSprites.set(name, sprites);
  }
  return sprites;
}

function drawSky(canvas: Canvas, theme: Theme, scenery: Scenery, state: PlatformerState): void {
  for (let y = 0; y < canvas.height; y++) canvas.fill(0, y, canvas.width, 1, scenery.sky[y]!);

  // The sky is cut into cells; each holds at most one cloud or star, at a place of its own.
  const cell = theme.air.kind === 'clouds' ? 26 : 9;
  const shiftX = Math.floor(state.cameraX * AIR_PARALLAX);
  const shiftY = Math.floor(state.cameraY * AIR_PARALLAX);
  for (let row = Math.floor(shiftY / cell) - 1; row * cell < shiftY + canvas.height; row++) {
    for (let column = Math.floor(shiftX / cell) - 1; column * cell < shiftX + canvas.width; column++) {
      const dice = hash(state.seed, column, row);
      if (dice % 3 === 0) continue;
      const x = column * cell + ((dice >>> 4) % (cell - 2)) - shiftX;
      const y = row * cell + ((dice >>> 12) % (cell - 2)) - shiftY;
      if (theme.air.kind === 'stars') {
        canvas.set(
          x,
          y,
          mix(scenery.air, scenery.sky[Math.max(0, Math.min(63, y))]!, (dice >>> 20) % 2 ? 0.6 : 0),
        );
      } else {
        const width = 8 + ((dice >>> 20) % 7);
        canvas.fill(x, y + 2, width, 2, scenery.air);
        canvas.fill(x + 2, y + 1, width - 5, 1, scenery.air);
        canvas.fill(x + 3, y, Math.floor(width / 3), 1, scenery.air);
      }
    }
  }
}

/** Hills, peaks or towers: a colour below a line whose height depends on the place. */
function drawBackdrop(
  canvas: Canvas,
  theme: Theme,
  colour: Rgb,
  state: PlatformerState,
  parallax: number,
  layer: number,
): void {
  const shift = Math.floor(state.cameraX * parallax);
  const lowest = LEVEL_HEIGHT * TILE - VIEW_HEIGHT;
  // The line sinks as the camera rises, slower than the level does.
  const base = 30 + layer * 10 + Math.floor((lowest - state.cameraY) * parallax);
  for (let x = 0; x < canvas.width; x++) {
    const y = base - backdropHeight(theme.backdrop, x + shift, state.seed, layer);
    canvas.fill(x, y, 1, canvas.height - y, colour);
  }
}

/** Height in pixels of a backdrop's line at `x`. */
function backdropHeight(kind: Theme['backdrop'], x: number, seed: number, layer: number): number {
  const phase = hash(seed, layer, 7) % 97;
  if (kind === 'hills') {
    return Math.round(6 * Math.sin((x + phase) / 11) + 4 * Math.sin((x + 3 * phase) / 5.3));
  }
  if (kind === 'peaks') {
    const width = 22;
    const cell = Math.floor((x + phase) / width);
    const from = hash(seed, cell, 11 + layer) % 14;
    const to = hash(seed, cell + 1, 11 + layer) % 14;
    const within = x + phase - cell * width;
    // Up to the ridge of the cell, then down to the valley of the next.
    const ridge = Math.max(from, to) + 6;
    const half = width / 2;
    return within < half
      ? Math.round(from + ((ridge - from) * within) / half) - 8
      : Math.round(ridge + ((to - ridge) * (within - half)) / half) - 8;
  }
  const width = 9;
  const cell = Math.floor((x + phase) / width);
  const gap = x + phase - cell * width >= 7;
  return gap ? -8 : (hash(seed, cell, 13 + layer) % 18) - 6;
}

function drawLevel(canvas: Canvas, scenery: Scenery, state: PlatformerState): void {
  const { level, cameraX, cameraY } = state;
  const coins = coinsLeft(state);
  for (let row = Math.floor(cameraY / TILE); row * TILE < cameraY + canvas.height; row++) {
    for (let column = Math.floor(cameraX / TILE); column * TILE < cameraX + canvas.width; column++) {
      const x = column * TILE - cameraX;
      const y = row * TILE - cameraY;
      const tile = tileAt(level, column, row);
      if (tile !== EMPTY) {
        canvas.draw(scenery.tiles(level, state.seed, column, row), x, y);
        continue;
      }
      const grown = decorationAt(level, scenery, state.seed, column, row);
      if (grown !== undefined) canvas.draw(grown, x, y, hash(state.seed, column, 3) % 2 === 1);
      if (row >= 0 && coins(row * LEVEL_WIDTH + column)) {
        const picture = Math.floor(state.time / COIN_FRAMES + column) % coinSprites.length;
        canvas.draw(coinSprites[picture]!, x, y);
      }
    }
  }
}

function coinsLeft(state: PlatformerState): (cell: number) => boolean {
  const there = new Set(state.level.coins);
  return (cell) => there.has(cell) && !state.collected.has(cell);
}

/** What grows in an empty cell on top of the ground: nothing in two of three. */
function decorationAt(
  level: Level,
  scenery: Scenery,
  seed: number,
  column: number,
  row: number,
): Sprite | undefined {
  if (column < 0 || column >= LEVEL_WIDTH || !scenery.tiles.isGround(level, column, row + 1))
    return undefined;
  const dice = hash(seed, column, 5);
  return dice % 3 === 0 ? scenery.decorations[(dice >>> 8) % scenery.decorations.length] : undefined;
}

function drawHero(canvas: Canvas, state: PlatformerState): void {
  const sprites = heroOf(state.hero);
  const { body, facing } = state;
  const x = Math.floor(body.x / SUBPIXELS);
  let sprite = sprites.jump;
  if (body.onGround) {
    const running = Math.abs(body.vx) > MAX_RUN / 8;
    sprite = running ? sprites.run[Math.floor(x / STRIDE) % sprites.run.length]! : sprites.stand;
  }
  // Sprites are a little wider than the box that collides.
  const left = x - state.cameraX - Math.floor((sprite.width - PLAYER_WIDTH) / 2);
  const top = Math.floor(body.y / SUBPIXELS) - state.cameraY - (sprite.height - PLAYER_HEIGHT);
  canvas.draw(sprite, left, top, facing < 0);
}
