import { HEADINGS } from '../headings.js';
import { OPEN, hasLights } from './cells.js';
import { lightOf } from './lights.js';
import { OWN, cellsAhead, isOnCrossing, isOnRoad, type Scene } from './scene.js';
import type { Car } from './state.js';
import { surfaceAt } from './town.js';

/** Fastest forwards and backwards, in cells a frame. */
export const MAX_SPEED = 2;
export const MAX_REVERSE = 1;
/** On grass, sand and pavement. */
export const MAX_OFF_ROAD = 1;

export interface DrivingKeys {
  /** 1: faster, or forwards; -1: slower, or backwards. */
  readonly pedal: -1 | 0 | 1;
  /** Quarter turns: 1 to the right, -1 to the left. */
  readonly wheel: -1 | 0 | 1;
}

/** One frame of the own car: pedal, wheel, then cell by cell ahead until something is in the way. */
export function driveOwn(scene: Scene, keys: DrivingKeys): void {
  const { own, town } = scene;
  if (own.wreck > 0) {
    if (scene.isTick) scene.own = { ...own, wreck: own.wreck - 1 };
    return;
  }
  let speed = Math.max(-MAX_REVERSE, Math.min(MAX_SPEED, own.speed + keys.pedal));
  let { heading } = own;
  if (keys.wheel !== 0 && speed !== 0) {
    // Nobody takes a corner at full speed.
    speed = Math.sign(speed);
    heading = (heading + keys.wheel * speed + 4) % 4;
  }
  if (!isOnRoad(town, own)) speed = Math.min(speed, MAX_OFF_ROAD);
  const wanted = speed;
  scene.own = { ...own, heading, speed };
  for (let moved = 0; moved < Math.abs(wanted); moved++) {
    const hit = obstacleOf(scene, scene.own, Math.sign(wanted));
    if (hit !== undefined) {
      collide(scene, hit, wanted);
      break;
    }
    const [dx, dy] = HEADINGS[heading]!;
    const { x, y } = scene.own;
    const to = { ...scene.own, x: x + dx * Math.sign(wanted), y: y + dy * Math.sign(wanted) };
    scene.own = scene.moveCar(OWN, scene.own, to);
    if (!isOnRoad(town, to)) {
      scene.own = { ...to, speed: Math.sign(wanted) * Math.min(moved + 1, Math.abs(wanted)) };
      break;
    }
    if (wanted > 0) scene.reward++;
  }
  const { speed: now, wreck } = scene.own;
  if (wreck === 0) scene.own = { ...scene.own, isBraking: now === 0 || Math.abs(now) < Math.abs(own.speed) };
  fineForRedLight(scene, own);
}

type Obstacle = { readonly car: number } | { readonly person: number } | { readonly car?: undefined };

/** What is in the way of the next cell, forwards (1) or backwards (-1). */
function obstacleOf(scene: Scene, car: Car, direction: number): Obstacle | undefined {
  const ahead = cellsAhead(car, direction > 0 ? car.heading : (car.heading + 2) % 4, 1);
  for (const [x, y] of ahead) {
    const other = scene.carOn(x, y);
    if (other !== undefined) return { car: other };
  }
  for (const [x, y] of ahead) {
    const person = scene.personOn(x, y);
    if (person !== undefined) return { person };
  }
  return ahead.some(([x, y]) => surfaceAt(scene.town, x, y) > OPEN) ? {} : undefined;
}

/** Slow against a wall or a wreck is a bump; anything else with a car in it is a collision. */
function collide(scene: Scene, hit: Obstacle, speed: number): void {
  if ('person' in hit) {
    const person = scene.people[hit.person]!;
    if (person.down === 0) {
      scene.people[hit.person] = { ...person, down: 2 };
      scene.fines++;
      scene.reward -= 5;
    }
  } else if (hit.car !== undefined && scene.cars[hit.car]!.wreck === 0) {
    scene.wreck(hit.car);
    scene.wreck(OWN);
    return;
  } else if (Math.abs(speed) === MAX_SPEED) {
    scene.wreck(OWN);
    return;
  }
  scene.own = { ...scene.own, speed: 0 };
}

function fineForRedLight(scene: Scene, before: Car): void {
  for (const crossing of scene.town.crossings) {
    if (!isOnCrossing(scene.own, crossing) || isOnCrossing(before, crossing) || !hasLights(crossing))
      continue;
    if (lightOf(crossing, scene.own.heading, scene.before.time) !== 'red') continue;
    scene.fines++;
    scene.reward -= 5;
  }
}
