import { HEADINGS } from '../headings.js';
import { hash } from '../random.js';
import { ROAD_WIDTH, SIDE, hasLights } from './cells.js';
import { along, exitsOf, laneOf, stopOf, turnOf } from './lanes.js';
import { lightOf } from './lights.js';
import { OWN, cellsAhead, cellsOf, type Scene } from './scene.js';
import type { OtherCar } from './state.js';
import { neighbourOf, type Town } from './town.js';

/** One reckless car in so many that finds a light red does not care. */
const RED_ODDS = 5;
/** One car in so many frames brakes for nothing, and how long that lasts. */
const HALT_ODDS = 700;
export const HALT = 2;
/** Wrecks are towed to somewhere that is farther from the own car than this, in cells: out of view. */
const OUT_OF_VIEW = 12;

/** What the dice of a car are about. */
const [EXIT, RUN, BRAKE, TOW] = [1, 2, 3, 4];

const dice = (scene: Scene, id: number, purpose: number, value: number): number =>
  hash(scene.before.seed, id * 8 + purpose, value);

const cruise = (car: OtherCar): number => (car.colour === 'red' ? 2 : 1);

/** One frame of a car that drives by itself. */
export function driveOther(scene: Scene, id: number): void {
  const car = scene.cars[id]!;
  if (car.wreck > 0 || car.halt > 0) {
    wait(scene, id, car);
    return;
  }
  if (dice(scene, id, BRAKE, scene.time) % HALT_ODDS === 0) {
    scene.cars[id] = { ...car, speed: 0, isBraking: true, halt: HALT };
    return;
  }
  const wanted = Math.min(car.speed + 1, isClear(scene, id, 4) ? cruise(car) : 1);
  let speed = 0;
  while (speed < wanted && advance(scene, id)) speed++;
  const now = scene.cars[id]!;
  if (now.wreck > 0) return;
  scene.cars[id] = { ...now, speed, isBraking: speed === 0 || speed < car.speed };
}

/** Wrecks and cars that halt stay where they are until their time is over. */
function wait(scene: Scene, id: number, car: OtherCar): void {
  if (!scene.isTick) return;
  const [wreck, halt] = [Math.max(0, car.wreck - 1), Math.max(0, car.halt - 1)];
  scene.cars[id] = { ...car, wreck, halt };
  if (car.wreck === 1) tow(scene, id);
}

/** Whether the way is free for some cells, no stop within them. */
function isClear(scene: Scene, id: number, cells: number): boolean {
  const car = scene.cars[id]!;
  const crossing = scene.town.crossings[car.crossing]!;
  const toStop = Math.abs(stopOf(crossing, car.heading) - along(car));
  if (toStop < cells && !car.isBlind) return false;
  for (let distance = 1; distance <= cells; distance++) {
    if (!scene.isFree(cellsAhead(car, car.heading, distance), id)) return false;
  }
  return true;
}

/** Goes one cell, if it may. */
function advance(scene: Scene, id: number): boolean {
  let car = scene.cars[id]!;
  const crossing = scene.town.crossings[car.crossing]!;
  if (along(car) === stopOf(crossing, car.heading)) {
    const isBlind = runsRed(scene, id, car);
    if (!isBlind && !mayEnter(scene, id, car)) return false;
    car = { ...car, isBlind };
  }
  const ahead = cellsAhead(car, car.heading, 1);
  if (!scene.isFree(ahead, id)) {
    const hit = car.isBlind
      ? ahead.map(([x, y]) => scene.carOn(x, y)).find((each) => each !== undefined)
      : undefined;
    if (hit === undefined) return false;
    if (hit === OWN || scene.cars[hit]!.wreck === 0) scene.wreck(hit);
    scene.wreck(id);
    return false;
  }
  const isBehind = cellsAhead(car, car.heading, 2).some(([x, y]) => {
    const other = scene.carOn(x, y);
    return other !== undefined && headingOf(scene, other) === car.heading;
  });
  if (isBehind && !car.isBlind) return false;
  const [dx, dy] = HEADINGS[car.heading]!;
  const moved = { ...car, x: car.x + dx, y: car.y + dy };
  scene.cars[id] = scene.moveCar(id, car, passed(scene, id, moved));
  return true;
}

const headingOf = (scene: Scene, id: number): number => (id === OWN ? scene.own : scene.cars[id]!).heading;

/** A car after a step: where it turns, it looks for its next crossing. */
function passed(scene: Scene, id: number, car: OtherCar): OtherCar {
  const crossing = scene.town.crossings[car.crossing]!;
  if (along(car) !== turnOf(crossing, car.heading, car.exit)) return car;
  const next = neighbourOf(car.crossing, car.exit);
  const exit = exitFrom(scene.town, next, car.exit, dice(scene, id, EXIT, scene.time));
  return { ...car, heading: car.exit, crossing: next, exit, isBlind: false };
}

/** Where to from a crossing, by a dice. */
function exitFrom({ crossings }: Town, crossing: number, heading: number, number: number): number {
  const exits = exitsOf(crossings[crossing]!, heading);
  return exits[number % exits.length]!;
}

/** Whether a reckless car goes although the light is red: for each cycle of the lights it has made up its mind. */
function runsRed(scene: Scene, id: number, car: OtherCar): boolean {
  const crossing = scene.town.crossings[car.crossing]!;
  if (car.colour !== 'red' || !hasLights(crossing)) return false;
  if (lightOf(crossing, car.heading, scene.before.time) !== 'red') return false;
  return dice(scene, id, RUN, scene.time >> 5) % RED_ODDS === 0;
}

/** A careful driver goes when the light is green, nobody is on the crossing, and there is room behind it. */
function mayEnter(scene: Scene, id: number, { crossing: at, heading, exit }: OtherCar): boolean {
  const crossing = scene.town.crossings[at]!;
  if (hasLights(crossing) && lightOf(crossing, heading, scene.before.time) !== 'green') return false;
  for (let y = crossing.y; y < crossing.y + ROAD_WIDTH; y++) {
    for (let x = crossing.x; x < crossing.x + ROAD_WIDTH; x++) {
      if (scene.carOn(x, y) !== undefined) return false;
    }
  }
  const { across, first, last } = laneOf(scene.town, at, exit);
  const start = exit < 2 ? first : last;
  const room = exit % 2 === 0 ? { x: start, y: across } : { x: across, y: start };
  return scene.isFree(cellsOf(room), id);
}

/** Takes a wreck away: the car goes on somewhere out of view. Where there is no room it is mended on the spot. */
function tow(scene: Scene, id: number): void {
  for (let attempt = 0; attempt < 40; attempt++) {
    const number = dice(scene, id, TOW, scene.time * 64 + attempt);
    const place = placeOnRoad(scene.town, number);
    if (!place || isNear(scene, place)) continue;
    const around = [-1, 0, 1].flatMap((dy) =>
      [-1, 0, 1].flatMap((dx) => cellsOf({ x: place.x + dx, y: place.y + dy })),
    );
    if (!scene.isFree(around, id)) continue;
    const { colour } = scene.cars[id]!;
    const fresh = { ...place, colour, speed: 0, isBraking: true, wreck: 0, halt: 0, isBlind: false };
    scene.cars[id] = scene.moveCar<OtherCar>(id, scene.cars[id]!, fresh);
    return;
  }
}

const isNear = ({ own }: Scene, { x, y }: { readonly x: number; readonly y: number }): boolean =>
  Math.max(Math.abs(x - own.x), Math.abs(y - own.y)) <= OUT_OF_VIEW;

/** A place on a lane and where to from there, by a dice; none where the dice finds no road. */
export function placeOnRoad(
  town: Town,
  number: number,
): Pick<OtherCar, 'x' | 'y' | 'heading' | 'crossing' | 'exit'> | undefined {
  const from = number % (SIDE * SIDE);
  const heading = (number >>> 5) % 4;
  if (!town.crossings[from]!.arms[heading]) return undefined;
  const { across, first, last } = laneOf(town, from, heading);
  const at = first + ((number >>> 8) % (last - first + 1));
  const crossing = neighbourOf(from, heading);
  const exit = exitFrom(town, crossing, heading, number >>> 16);
  const [x, y] = heading % 2 === 0 ? [at, across] : [across, at];
  return { x, y, heading, crossing, exit };
}
