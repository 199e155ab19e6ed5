import type { Law } from '../world.js';
import { MARGIN } from './cells.js';
import { CYCLE } from './lights.js';
import { lookNames } from './looks.js';
import { MAX_OFF_ROAD, MAX_REVERSE, MAX_SPEED } from './own_car.js';
import { COLUMNS, OWN_COLUMN, OWN_ROW, VIEW_ROWS, lightAhead } from './render.js';
import { isOnRoad } from './scene.js';
import type { DrivingState, OtherCar } from './state.js';

/** Other cars of which states tell place and speed: the nearest in view. */
const NEAR = 6;
const carNames = ['id', 'dx', 'dy', 'heading', 'speed', 'wreck'] as const;
/** Stands for a car that is not there. */
const NOBODY = -1;
const lights = ['none', 'red', 'yellow', 'green'] as const;

/**
 * `column` and `row` are cells of the town, east and south of its corner. `light`: 0 none, then red, yellow, green ahead. `carN…` are of the
 * nearest other cars in view, from the own one; the id of a car that is not there is -1.
 */
export const stateNames: readonly string[] = [
  ...['column', 'row', 'heading', 'speed', 'braking', 'onRoad', 'wreck', 'crashes', 'fines', 'reward', 'end'],
  ...['clock', 'light', 'look', 'cars', 'people'],
  ...Array.from({ length: NEAR }, (_, car) => carNames.map((name) => `car${car + 1}_${name}`)).flat(),
];

export const isInView = (
  { own }: DrivingState,
  { x, y }: { readonly x: number; readonly y: number },
  size: number,
): boolean => {
  const [column, row] = [x - own.x + OWN_COLUMN, y - own.y + OWN_ROW];
  return column > -size && column < COLUMNS && row > -size && row < VIEW_ROWS;
};

export function measureState(state: DrivingState): number[] {
  const { own, town, crashes, fines, reward, time, look } = state;
  const distance = ({ x, y }: OtherCar): number => Math.abs(x - own.x) + Math.abs(y - own.y);
  const cars = state.cars.flatMap((car, id) => (isInView(state, car, 2) ? [{ car, id }] : []));
  cars.sort((a, b) => distance(a.car) - distance(b.car));
  const near = Array.from({ length: NEAR }, (_, at) => {
    const found = cars[at];
    if (!found) return [NOBODY, 0, 0, 0, 0, 0];
    const { x, y, heading, speed, wreck } = found.car;
    return [found.id, x - own.x, y - own.y, heading, speed, wreck];
  });
  return [
    ...[own.x - MARGIN, own.y - MARGIN, own.heading, own.speed, Number(own.isBraking)],
    ...[Number(isOnRoad(town, own)), own.wreck, crashes, fines, reward, 0],
    ...[time % CYCLE, lights.indexOf(lightAhead(state)), lookNames.indexOf(look), cars.length],
    state.people.filter((person) => isInView(state, person, 1)).length,
    ...near.flat(),
  ];
}

/** Other cars that a frame tells of, by their ids. */
function carsOf(row: Readonly<Record<string, number>>): Map<number, { dx: number; dy: number }> {
  const cars = new Map<number, { dx: number; dy: number }>();
  for (let car = 1; car <= NEAR; car++) {
    const id = row[`car${car}_id`]!;
    if (id !== NOBODY) cars.set(id, { dx: row[`car${car}_dx`]!, dy: row[`car${car}_dy`]! });
  }
  return cars;
}

const overlap = (dx: number, dy: number): boolean => Math.abs(dx) < 2 && Math.abs(dy) < 2;

/** What always holds from one frame to the next. */
export const laws: readonly Law[] = [
  {
    name: 'no car goes faster than it can',
    holds: (before, after) =>
      after['speed']! <= MAX_SPEED &&
      after['speed']! >= -MAX_REVERSE &&
      (before['onRoad'] === 1 || after['speed']! <= MAX_OFF_ROAD),
  },
  {
    name: 'speed grows by one a frame at most',
    holds: (before, after) => after['speed']! <= before['speed']! + 1,
  },
  {
    name: 'a car moves as far as its speed says, and along its heading',
    holds: (before, after) => {
      const [dx, dy] = [after['column']! - before['column']!, after['row']! - before['row']!];
      const isStopped = after['speed'] === 0;
      const way = Math.abs(dx) + Math.abs(dy);
      const isAlong = after['heading']! % 2 === 0 ? dy === 0 : dx === 0;
      return isAlong && (way === Math.abs(after['speed']!) || (isStopped && way < MAX_SPEED));
    },
  },
  {
    name: 'every car is whole',
    seenIn: 'frames',
    holds: (_, after) => after['broken'] === 0,
  },
  {
    name: 'who does not collide slows down by one a frame at most',
    // Who lies on the road already stops a car at no fine.
    seenIn: 'frames',
    holds: (before, after) =>
      before['speed']! - after['speed']! <= 1 ||
      ['crashes', 'fines'].some((name) => after[name]! > before[name]!),
  },
  {
    name: 'no two cars are in one place',
    seenIn: 'state',
    holds: (_, after) => {
      const cars = [...carsOf(after).values()];
      return cars.every(
        (car, at) =>
          !overlap(car.dx, car.dy) &&
          cars.slice(at + 1).every((other) => !overlap(car.dx - other.dx, car.dy - other.dy)),
      );
    },
  },
  {
    name: 'no car drives through another',
    seenIn: 'state',
    holds: (before, after) => {
      const [earlier, later] = [carsOf(before), carsOf(after)];
      // Who was ahead in a lane stays ahead: two cars on one line do not change sides.
      return [...earlier].every(([id, was]) => {
        const is = later.get(id);
        if (!is || Math.abs(is.dx) + Math.abs(is.dy) > 6) return true;
        const isSwapped = (a: number, b: number, side: number, sideAfter: number): boolean =>
          Math.sign(a) === -Math.sign(b) && Math.abs(side) < 1 && Math.abs(sideAfter) < 1;
        return !isSwapped(was.dx, is.dx, was.dy, is.dy) && !isSwapped(was.dy, is.dy, was.dx, is.dx);
      });
    },
  },
  {
    name: 'a wreck stands still, and who collides is counted',
    holds: (before, after) =>
      (after['wreck'] === 0 || after['speed'] === 0) &&
      after['crashes']! - before['crashes']! === (after['wreck']! > before['wreck']! ? 1 : 0),
  },
  {
    name: 'the lights go their round',
    holds: (before, after) => after['clock'] === (before['clock']! + 1) % CYCLE,
  },
];
