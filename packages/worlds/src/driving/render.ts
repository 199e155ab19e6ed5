import { drawPatches } from '../patches/patch_art.js';
import { art, carPatch, cellOfCar, headingNames, personPatchOf, wreckNames } from './art.js';
import { PAVEMENT } from './cells.js';
import { CYCLE, lightOf, type Light } from './lights.js';
import { placeOnLane } from './lanes.js';
import type { Car, DrivingState, OtherCar } from './state.js';
import { surfaceAt } from './town.js';

/** Cells of a frame: the view, and the dashboard below it. */
export const COLUMNS = 16;
export const VIEW_ROWS = 14;
export const ROWS = 16;
/** Where in the view the upper left cell of the own car is. */
export const OWN_COLUMN = 7;
export const OWN_ROW = 6;
/** From so many cells before a stop line on the dashboard shows its light. */
const LIGHT_RANGE = 10;
/** Fines that the dashboard has room for. */
const FINES = 6;

/** What each cell of a frame shows, row by row. */
function cellsOfFrame(state: DrivingState): string[] {
  const { town, own, cars, people, time } = state;
  const [left, top] = [own.x - OWN_COLUMN, own.y - OWN_ROW];
  const names = new Array<string>(ROWS * COLUMNS).fill('dashboard');
  for (let row = 0; row < VIEW_ROWS; row++) {
    for (let column = 0; column < COLUMNS; column++) {
      const cell = (top + row) * town.width + left + column;
      const lamp = town.lamps.get(cell);
      names[row * COLUMNS + column] = lamp
        ? lampPatch(lightOf(town.crossings[lamp.crossing]!, lamp.heading, time), lamp)
        : town.tiles[cell]!;
    }
  }
  const put = (x: number, y: number, name: string): void => {
    const [column, row] = [x - left, y - top];
    if (column >= 0 && row >= 0 && column < COLUMNS && row < VIEW_ROWS) names[row * COLUMNS + column] = name;
  };
  for (const person of people) {
    const { x, y } = person;
    put(x, y, personPatchOf(person, surfaceAt(town, x, y) === PAVEMENT ? 'pavement' : 'road'));
  }
  const putCar = (car: Car, patch: (index: number) => string): void => {
    for (let index = 0; index < 4; index++) {
      const wreck = `wreck-${wreckNames[car.wreck]!} ${index + 1} on road`;
      put(car.x + (index % 2), car.y + (index >> 1), car.wreck > 0 ? wreck : patch(index));
    }
  };
  for (const car of cars) {
    putCar(car, (index) => {
      const cell = cellOfCar(car.heading, index);
      return carPatch(
        car.colour,
        car.heading,
        cell,
        isIndicating(car, cell) ? ' turning' : brakes(car, cell),
      );
    });
  }
  putCar(own, (index) => {
    const cell = cellOfCar(own.heading, index);
    return carPatch('own', own.heading, cell, brakes(own, cell));
  });
  drawDashboard(state, names);
  return names;
}

/** The line across a lane is on the side of the zebra. */
const lampPatch = (
  light: Light,
  { heading, part }: { readonly heading: number; readonly part: 'post' | 'line' },
): string => (part === 'post' ? `light-${light}` : `stop line-${headingNames[heading]!} ${light}`);

const brakes = ({ isBraking }: Car, cell: number): string => (cell > 2 && isBraking ? ' braking' : '');
const isIndicating = ({ heading, exit }: OtherCar, cell: number): boolean =>
  (cell === 1 && exit === (heading + 3) % 4) || (cell === 2 && exit === (heading + 1) % 4);

/** The light that the own car comes to. */
export function lightAhead({ town, own, time }: DrivingState): Light | 'none' {
  const place = placeOnLane(town, own);
  if (!place || place.toStop < 0 || place.toStop > LIGHT_RANGE) return 'none';
  const crossing = town.crossings[place.crossing]!;
  const isLit = crossing.arms.filter(Boolean).length >= 3;
  return isLit ? lightOf(crossing, own.heading, time) : 'none';
}

/** Speed, compass, collisions; the light ahead and fines over the clock of the lights. */
function drawDashboard(state: DrivingState, names: string[]): void {
  const put = (row: number, column: number, name: string): void => {
    names[(VIEW_ROWS + row) * COLUMNS + column] = name;
  };
  const { own, time, crashes, fines } = state;
  const putLarge = (column: number, name: string): void => {
    for (let cell = 0; cell < 4; cell++) put(cell >> 1, column + (cell % 2), `${name} ${cell + 1}`);
  };
  putLarge(0, `speed-${own.speed < 0 ? 'back' : own.speed}`);
  putLarge(2, `compass-${headingNames[own.heading]!}`);
  for (let cell = 0; cell < 4; cell++) put(cell >> 1, 4 + (cell % 2), `crashes-${cell + 1}`);
  [Math.floor(crashes / 10) % 10, crashes % 10].forEach((digit, at) => {
    for (const half of [0, 1]) put(half, 6 + at, `digit-${digit} ${half + 1}`);
  });
  put(0, 9, `light ahead-${lightAhead(state)}`);
  for (let fine = 0; fine < FINES; fine++) put(0, 10 + fine, fine < fines ? 'fine' : 'no fine');
  const filled = time % CYCLE;
  for (let cell = 0; cell < 8; cell++) {
    put(1, 8 + cell, `clock-${Math.max(0, Math.min(4, filled + 1 - 4 * cell))}`);
  }
}

/** Draws a state into (64, 64, 3) RGB bytes. */
export const renderState = (state: DrivingState, out: Uint8Array): Uint8Array =>
  drawPatches(art.get(state.look)!, cellsOfFrame(state), COLUMNS, out);
