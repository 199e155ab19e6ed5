import { drawPatches } from '../patches/patch_art.js';
import { art } from './art.js';
import {
  BELT,
  FIRST_COLUMN,
  LAST_COLUMN,
  kinds,
  parcelName,
  sizes,
  type FactoryState,
  type Parcel,
} from './state.js';

/** Cells of a frame: the hall, and the display below it. */
export const COLUMNS = 8;
export const ROWS = 8;
export const VIEW_ROWS = 7;

/** Rows of the rail, of the belt's parcels, of belt and bins, and of what they stand on. */
export const [RAIL, PARCELS, BELTS, LEGS] = [0, 3, 4, 5] as const;
const FLOOR = 6;
export const CHUTE = 2;
/** Columns of the windows, in the row under the rail. */
const windows = [2, 4, 6];

/** What each cell of a frame shows, row by row. */
function cellsOfFrame(state: FactoryState): string[] {
  const { belt, next, falling, bins, phase } = state;
  const names = new Array<string>(ROWS * COLUMNS).fill('wall');
  const put = (row: number, column: number, name: string): void => {
    names[row * COLUMNS + column] = name;
  };
  for (let column = 0; column < COLUMNS; column++) {
    put(RAIL, column, column === FIRST_COLUMN ? 'rail-end' : 'rail');
    put(FLOOR, column, column < BELT ? 'floor' : 'floor-marked');
  }
  for (const column of windows) put(RAIL + 1, column, 'window');
  put(RAIL, 0, 'chute-top');
  put(RAIL + 1, 0, 'chute-top');
  put(CHUTE, 0, `${parcelName(next)}-waiting on chute`);
  belt.forEach((parcel, column) => {
    if (parcel) put(PARCELS, column, lying(parcel));
    const end = column === 0 ? 'left' : column === BELT - 1 ? 'right' : 'middle';
    put(BELTS, column, `belt-${end} ${phase}`);
  });
  for (const [column, name] of [
    [0, 'belt-motor'],
    [2, 'belt-leg'],
    [4, 'belt-leg'],
  ] as const) {
    put(LEGS, column, name);
  }
  kinds.forEach((colour, kind) => {
    const parcel = falling[kind];
    if (parcel) put(PARCELS, BELT + kind, lying(parcel));
    put(BELTS, BELT + kind, `${colour} bin-top`);
    put(LEGS, BELT + kind, `${colour} bin ${bins[kind]!}`);
  });
  drawGripper(state, names, put);
  drawDisplay(state, put);
  return names;
}

const lying = (parcel: Parcel): string =>
  `${parcelName(parcel)}-${parcel.isStuck ? 'stuck' : 'lying'} on wall`;

function drawGripper(
  { gripper: { column, isDown, held } }: FactoryState,
  names: readonly string[],
  put: (row: number, column: number, name: string) => void,
): void {
  put(RAIL, column, 'rail-trolley');
  const claw = isDown ? RAIL + 2 : RAIL + 1;
  if (isDown) put(RAIL + 1, column, `cable on ${names[(RAIL + 1) * COLUMNS + column]!}`);
  put(claw, column, `claw-${held ? 'closed' : 'open'} on ${names[claw * COLUMNS + column]!}`);
  if (!held) return;
  const pose = sizes[held.size] === 'small' ? 'held' : 'lying';
  put(claw + 1, column, `${parcelName(held)}-${pose} on wall`);
}

/** How the belt goes, the sum of sizes that are sorted, and the number of errors. */
function drawDisplay(
  { isRunning, isJammed, score, errors }: FactoryState,
  put: (row: number, column: number, name: string) => void,
): void {
  put(VIEW_ROWS, 0, `belt sign-${isJammed ? 'jammed' : isRunning ? 'runs' : 'stands'}`);
  for (const [column, sign, value] of [
    [2, 'sorted', score],
    [LAST_COLUMN - 2, 'wrong', errors],
  ] as const) {
    put(VIEW_ROWS, column, sign);
    put(VIEW_ROWS, column + 1, `digit ${Math.floor(value / 10) % 10}`);
    put(VIEW_ROWS, column + 2, `digit ${value % 10}`);
  }
  put(VIEW_ROWS, 1, 'display');
}

/** Draws a state into (64, 64, 3) RGB bytes. */
export const renderState = (state: FactoryState, out: Uint8Array): Uint8Array =>
  drawPatches(art.get(state.look)!, cellsOfFrame(state), COLUMNS, out);
