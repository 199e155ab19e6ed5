import type { Rgb } from '../canvas.js';
import { Canvas, parseSprite } from '../canvas.js';
import { HEADINGS } from '../headings.js';
import { DOOR, GATE, TORCH, WALL_A, isWall } from './cells.js';
import { cellAt } from './level.js';
import { spriteColour } from './sprites.js';
import type { DungeonState } from './state.js';
import { doorSurface, gateSurface, themes, type Material, type Surface, type Theme } from './themes.js';
import { VIEW_HEIGHT, VIEW_WIDTH, candidates, type Candidate } from './view.js';

export const FRAME_WIDTH = VIEW_WIDTH;
export const FRAME_HEIGHT = VIEW_HEIGHT + 8;

/** Light by steps ahead, in hundredths; walls seen from the side are darker. */
const LIGHT = [100, 78, 56, 38] as const;
const SIDE_LIGHT = 85;
/** Light of floor and ceiling by rows of eight from the middle, in hundredths. */
const BAND_LIGHT = [30, 50, 75, 100] as const;

/** Brightness of materials in hundredths, by place on the screen: equal every eight pixels. */
const textures: Readonly<Record<Material, (x: number, y: number) => number>> = {
  brick: (x, y) => (y % 4 === 3 || (x + 4 * (y >> 2)) % 8 === 7 ? 62 : 100),
  block: (x, y) => (y === 7 || x === 7 ? 60 : y === 0 || x === 0 ? 115 : 100),
  leaf: (x, y) => ((x * 3 + y * 5) % 7 < 2 ? 70 : 100),
  stripe: (_, y) => (y % 4 === 0 ? 75 : 100),
  plank: (x, y) => (x % 4 === 3 ? 55 : y === 3 ? 80 : 100),
  bars: (x, y) => (y === 3 || y === 4 ? 90 : x % 4 < 2 ? 100 : 25),
};

const scaled = (colour: Rgb, hundredths: number): Rgb => {
  const channel = (value: number): number => Math.min(255, Math.round((value * hundredths) / 100));
  return [channel(colour[0]), channel(colour[1]), channel(colour[2])];
};

function surfaceOf(theme: Theme, cell: number): Surface {
  if (cell === DOOR) return doorSurface;
  if (cell === GATE) return gateSurface;
  return theme.walls[cell === TORCH ? 0 : cell - WALL_A]!;
}

/** The cell that a candidate is about. */
export function seenCell({ cells, x, y, heading }: DungeonState, { ahead, right }: Candidate): number {
  const [forward, sideways] = [HEADINGS[heading]!, HEADINGS[(heading + 1) % 4]!];
  return cellAt(
    cells,
    x + forward[0] * ahead + sideways[0] * right,
    y + forward[1] * ahead + sideways[1] * right,
  );
}

/** What a pixel shows of a candidate; undefined where it can be seen through. */
export function colourOf(
  theme: Theme,
  cell: number,
  candidate: Candidate,
  x: number,
  y: number,
): Rgb | undefined {
  const { part, sprite, ahead } = candidate;
  if (sprite) {
    if ((part === 'decal') !== (cell === TORCH)) return undefined;
    const colour = spriteColour(cell, sprite.size, sprite.x, sprite.y);
    return colour && scaled(colour, LIGHT[ahead]!);
  }
  if (!isWall(cell)) return undefined;
  const { material, colour } = surfaceOf(theme, cell);
  const light = LIGHT[ahead]! * (part === 'side' ? SIDE_LIGHT : 100);
  return scaled(colour, (textures[material](x % 8, y % 8) * light) / 10_000);
}

/** Floor and ceiling, where nothing stands before them. */
export function background(theme: Theme, x: number, y: number): Rgb {
  const isFloor = y >= VIEW_WIDTH / 2;
  const band = isFloor ? y - 32 : 31 - y;
  const light = BAND_LIGHT[band >> 3]!;
  const isDot = isFloor && (x + y) % 8 === 0;
  return scaled(isFloor ? theme.floor : theme.ceiling, isDot ? light * 0.8 : light);
}

/**
 * What the player sees, over a line of what the player has.
 * @param out (64, 64, 3) bytes to draw into
 */
export function renderState(state: DungeonState, out: Uint8Array): Uint8Array {
  const theme = themes[state.theme];
  const canvas = new Canvas(FRAME_WIDTH, FRAME_HEIGHT, out);
  // Of the few cells in view each is looked up once.
  const cells = new Map<number, number>();
  const cellOf = (candidate: Candidate): number => {
    const key = candidate.ahead * 16 + candidate.right;
    let cell = cells.get(key);
    if (cell === undefined) cells.set(key, (cell = seenCell(state, candidate)));
    return cell;
  };
  for (let y = 0; y < VIEW_HEIGHT; y++) {
    for (let x = 0; x < VIEW_WIDTH; x++) {
      let colour: Rgb | undefined;
      for (const candidate of candidates[y * VIEW_WIDTH + x]!) {
        colour = colourOf(theme, cellOf(candidate), candidate, x, y);
        if (colour) break;
      }
      canvas.set(x, y, colour ?? background(theme, x, y));
    }
  }
  drawHud(state, canvas);
  return out;
}

const hudColour: Rgb = [20, 18, 26];
const keyIcon = parseSprite(
  ['        ', ' yy     ', 'y  y    ', 'y  yyyyy', 'y  y y y', ' yy  y y', '        ', '        '],
  { y: '#ffe060' },
);
const goldIcon = parseSprite(
  ['        ', '  mmmm  ', ' mmllmm ', ' mlmmlm ', ' mlmmlm ', ' mmllmm ', '  mmmm  ', '        '],
  { m: '#d8b84c', l: '#fff0a0' },
);
const digits = Array.from({ length: 10 }, (_, digit) => parseSprite(digitRows(digit), { w: '#f0f0f0' }));

/** A digit of seven segments. */
function digitRows(digit: number): string[] {
  const segments = [0x3f, 0x06, 0x5b, 0x4f, 0x66, 0x6d, 0x7d, 0x07, 0x7f, 0x6f][digit]!;
  const lit = (bit: number): boolean => ((segments >> bit) & 1) === 1;
  const bar = (bit: number): string => (lit(bit) ? '  wwww  ' : '        ');
  const sides = (left: number, right: number): string =>
    `  ${lit(left) ? 'w' : ' '}  ${lit(right) ? 'w' : ' '}  `;
  return [
    '        ',
    bar(0),
    sides(5, 1),
    sides(5, 1),
    lit(6) ? bar(6) : sides(5, 1),
    sides(4, 2),
    bar(3),
    '        ',
  ];
}

/** What the squares of the last rows show, by name. */
export const hudPictures: ReadonlyMap<string, Uint8Array> = new Map(
  Object.entries({
    nothing: undefined,
    key: keyIcon,
    gold: goldIcon,
    ...Object.fromEntries(digits.map((digit, i) => [`digit ${i}`, digit])),
  }).map(([name, sprite]) => {
    const canvas = new Canvas(8, 8, new Uint8Array(8 * 8 * 3));
    canvas.fill(0, 0, 8, 8, hudColour);
    if (sprite) canvas.draw(sprite, 0, 0);
    return [name, canvas.data];
  }),
);

/** Keys in hand on the left, chests opened on the right. */
function drawHud({ keys, gold }: DungeonState, canvas: Canvas): void {
  canvas.fill(0, VIEW_HEIGHT, FRAME_WIDTH, 8, hudColour);
  for (let key = 0; key < keys; key++) canvas.draw(keyIcon, 8 * key, VIEW_HEIGHT);
  canvas.draw(goldIcon, 40, VIEW_HEIGHT);
  canvas.draw(digits[Math.floor(gold / 10) % 10]!, 48, VIEW_HEIGHT);
  canvas.draw(digits[gold % 10]!, 56, VIEW_HEIGHT);
}
