import { HEADINGS } from '../headings.js';
import { patchReader } from '../patches/read_patches.js';
import type { Physics, Reading, Thing } from '../physics.js';
import { art, cellOfCar, headingNames, wreckNames } from './art.js';
import { CYCLE } from './lights.js';
import { COLUMNS, OWN_COLUMN, OWN_ROW, VIEW_ROWS } from './render.js';
import type { DrivingState } from './state.js';

/** What a frame of the town tells; `column` and `row` count from where the walk began. */
interface DrivingReading extends Reading {
  /** The ground that each cell of the view shows, row by row; undefined where something moving stands on it. */
  readonly ground: readonly (string | undefined)[];
  /** What is under the four cells of the own car, as far as earlier frames showed it. */
  readonly under: readonly (string | undefined)[];
}

const readPatches = patchReader(art.values(), COLUMNS);

/** Colours of lamps change by themselves. */
const withoutLight = (name: string): string => name.replace(/^(stop line-\w+|light)[ -]\w+$/, '$1');
const groundIn = (names: readonly string[]): (string | undefined)[] =>
  names.slice(0, VIEW_ROWS * COLUMNS).map((name) => (name.includes(' on ') ? undefined : withoutLight(name)));
const groundAt = (ground: DrivingReading['ground'], column: number, row: number): string | undefined =>
  column < 0 || row < 0 || column >= COLUMNS || row >= VIEW_ROWS ? undefined : ground[row * COLUMNS + column];

const shifts = [[0, 0] as const, ...HEADINGS.flatMap(([x, y]) => [[x, y] as const, [2 * x, 2 * y] as const])];

/** By how many cells the view moved: the shift under which most of the ground stays what it was. */
function shiftBetween(
  before: DrivingReading['ground'],
  after: DrivingReading['ground'],
): readonly [number, number] {
  let [most, found] = [-1, shifts[0]!];
  for (const shift of shifts) {
    let [all, same] = [0, 0];
    for (let row = 0; row < VIEW_ROWS; row++) {
      for (let column = 0; column < COLUMNS; column++) {
        const was = groundAt(before, column + shift[0], row + shift[1]);
        const is = groundAt(after, column, row);
        if (was === undefined || is === undefined) continue;
        all++;
        if (was === is) same++;
      }
    }
    if (all > 0 && same / all > most) [most, found] = [same / all, shift];
  }
  return found;
}

const ownCells = [0, 1, 2, 3].map((cell) => [OWN_COLUMN + (cell % 2), OWN_ROW + (cell >> 1)] as const);

/** The ground under the own car after the view moved: seen in the frame before, or under the car then. */
function underOwn(before: DrivingReading, [x, y]: readonly [number, number]): (string | undefined)[] {
  return ownCells.map(([column, row]) => {
    const [dx, dy] = [column + x - OWN_COLUMN, row + y - OWN_ROW];
    if (dx >= 0 && dy >= 0 && dx < 2 && dy < 2) return before.under[dy * 2 + dx];
    return groundAt(before.ground, column + x, row + y);
  });
}

const isRoad = (name: string | undefined): boolean =>
  name === undefined || /^(road|rough road|zebra|line-|stop line)/.test(name);
/** Houses, offices, trees, bushes, water and lamps. */
const isSolid = (name: string | undefined): boolean =>
  name !== undefined && /^(red roof|brown roof|house|office|tree|bush|water|waves|light)/.test(name);

/** Cars in the view by their cells, and how many of them are not whole. */
function carsIn(names: readonly string[]): { cars: Thing[]; broken: number } {
  const found = new Map<string, { readonly car: Thing; cells: number }>();
  for (let row = 0; row < VIEW_ROWS; row++) {
    for (let column = 0; column < COLUMNS; column++) {
      const name = names[row * COLUMNS + column]!;
      const car = /^(\w+) car-(\w+) (\d)/.exec(name);
      const wreck = /^wreck-\w+ (\d)/.exec(name);
      const isOwn = ownCells.some(([x, y]) => x === column && y === row);
      if ((!car && !wreck) || (isOwn && (wreck ?? car?.[1] === 'own'))) continue;
      const heading = car ? headingNames.findIndex((each) => each === car[2]) : 0;
      const index = car
        ? [0, 1, 2, 3].find((each) => cellOfCar(heading, each) === Number(car[3]))!
        : Number(wreck![1]) - 1;
      const [x, y] = [column - (index % 2), row - (index >> 1)];
      const kind = car ? `${car[1]!} car` : 'wreck';
      const key = `${kind} ${heading} ${x} ${y}`;
      const known = found.get(key);
      if (known) known.cells++;
      else found.set(key, { car: { kind, x, y }, cells: 1 });
    }
  }
  const within = (at: number, size: number): number => Math.min(at + 2, size) - Math.max(at, 0);
  const broken = [...found.values()].filter(
    ({ car: { x, y }, cells }) => cells !== within(x, COLUMNS) * within(y, VIEW_ROWS),
  );
  return { cars: [...found.values()].map(({ car }) => car), broken: broken.length };
}

/** Digits of two halves each: what the halves of every digit are read as. */
const digitHalves = readDigits();
function readDigits(): readonly string[] {
  const pictures = art.values().next().value!;
  const same = (name: string): string => {
    const picture = pictures.get(name)!;
    for (const [other, each] of pictures) if (each.every((byte, i) => byte === picture[i])) return other;
    return name;
  };
  return Array.from({ length: 10 }, (_, digit) => `${same(`digit-${digit} 1`)},${same(`digit-${digit} 2`)}`);
}

function read(frame: Uint8Array, before?: DrivingReading): DrivingReading {
  const names = readPatches(frame);
  const shown = (row: number, column: number): string => names[row * COLUMNS + column]!;
  const ground = groundIn(names);
  const [dx, dy] = before ? shiftBetween(before.ground, ground) : [0, 0];
  const column = (before?.numbers['column'] ?? 0) + dx;
  const row = (before?.numbers['row'] ?? 0) + dy;
  const under = before ? underOwn(before, [dx, dy]) : ownCells.map(() => undefined);
  const view = { x: column - OWN_COLUMN, y: row - OWN_ROW, width: COLUMNS, height: VIEW_ROWS };
  const { cars, broken } = carsIn(names);
  const placed = (thing: Thing): Thing => ({ ...thing, x: thing.x + view.x, y: thing.y + view.y });
  const people = names.slice(0, VIEW_ROWS * COLUMNS).flatMap((name, cell) => {
    const isPerson = name.startsWith('person');
    return isPerson ? [{ kind: 'person', x: cell % COLUMNS, y: Math.floor(cell / COLUMNS) }] : [];
  });

  const speed = /^speed-(\w+) 1$/.exec(shown(VIEW_ROWS, 0))?.[1] ?? '0';
  const compass = /^compass-(\w+) 1$/.exec(shown(VIEW_ROWS, 2))?.[1];
  const wreck = /^wreck-(\w+) /.exec(shown(OWN_ROW, OWN_COLUMN))?.[1];
  const digitAt = (at: number): number =>
    Math.max(0, digitHalves.indexOf(`${shown(VIEW_ROWS, at)},${shown(VIEW_ROWS + 1, at)}`));
  const lower = names.slice(VIEW_ROWS * COLUMNS);
  const filled = lower.reduce((sum, name) => sum + Number(/^clock-(\d)$/.exec(name)?.[1] ?? 0), 0);
  const light = /^light ahead-(\w+)$/.exec(shown(VIEW_ROWS, 9))?.[1] ?? 'none';
  const numbers = {
    ...{
      column,
      row,
      heading: Math.max(
        0,
        headingNames.findIndex((each) => each === compass),
      ),
    },
    ...{ speed: speed === 'back' ? -1 : Number(speed) },
    ...{
      onRoad: Number(under.every(isRoad)),
      wreck: Math.max(
        0,
        wreckNames.findIndex((each) => each === wreck),
      ),
    },
    ...{ crashes: 10 * digitAt(6) + digitAt(7), clock: (filled + CYCLE - 1) % CYCLE },
    ...{ light: ['none', 'red', 'yellow', 'green'].indexOf(light) },
    // The dashboard has room for a few.
    ...{ fines: lower.filter((name) => name === 'fine').length, broken },
  };
  const things = [{ kind: 'own car', x: column, y: row }, ...[...cars, ...people].map(placed)];
  return { numbers, things, view, ground, under };
}

/** The two cells ahead of the own car, by a heading. */
function aheadOf({ ground }: DrivingReading, heading: number): (string | undefined)[] {
  const [dx, dy] = HEADINGS[heading]!;
  return ownCells
    .map(([column, row]) => [column + dx, row + dy] as const)
    .filter(([column, row]) => !ownCells.some(([x, y]) => x === column && y === row))
    .map(([column, row]) => groundAt(ground, column, row));
}

const hasMoved = ({ numbers: was }: DrivingReading, { numbers: is }: DrivingReading): boolean =>
  was['column'] !== is['column'] || was['row'] !== is['row'];

/** What a town shows, and what nobody can do in it. */
export const physics: Physics<DrivingState, DrivingReading> = {
  counts: ['speed', 'crashes', 'fines'],
  reach: 2,
  read,
  withChance: (state, seed) => ({ ...state, seed }),
  impossible: [
    {
      name: 'drives into what is solid',
      actions: ['none', 'up'],
      isImpossible: (before, action) => {
        const { speed, heading, wreck } = before.numbers;
        const isForward = action === 'up' ? speed! >= 0 : speed! > 0;
        return wreck === 0 && isForward && aheadOf(before, heading!).some(isSolid);
      },
      succeeds: hasMoved,
    },
    {
      name: 'turns while it stands',
      actions: ['left', 'right'],
      isImpossible: ({ numbers }) => numbers['speed'] === 0 && numbers['wreck'] === 0,
      succeeds: (before, after) => after.numbers['heading'] !== before.numbers['heading'],
    },
    {
      name: 'drives on as a wreck',
      actions: ['up', 'down'],
      isImpossible: ({ numbers }) => numbers['wreck']! > 0,
      succeeds: (before, after) => hasMoved(before, after) || after.numbers['speed'] !== 0,
    },
  ],
};
