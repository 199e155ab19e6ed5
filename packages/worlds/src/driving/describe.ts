import { captionOf, type Caption, type Direction, type Sighting } from '../caption.js';
import { headingNames } from './art.js';
import { isInView } from './laws.js';
import { lookWords } from './looks.js';
import { COLUMNS, OWN_COLUMN, OWN_ROW, VIEW_ROWS, lightAhead } from './render.js';
import type { DrivingState } from './state.js';

/** Tiles that stand for a thing of several: a house has one door. */
const things: Readonly<Record<string, string>> = { 'house-door': 'house', 'tree-1': 'tree' };

/** The town, how the own car goes, and what is in view around it. */
export function describeState(state: DrivingState): Caption {
  const { town, own, cars, people } = state;
  const sightings: Sighting[] = [];
  const add = (name: string, dx: number, dy: number): void => {
    sightings.push({ name, direction: directionOf(dx, dy), distance: Math.abs(dx) + Math.abs(dy) });
  };
  for (const car of cars) {
    if (!isInView(state, car, 2)) continue;
    add(car.wreck > 0 ? 'wreck' : `${car.colour} car`, car.x - own.x, car.y - own.y);
  }
  for (const person of people) {
    if (isInView(state, person, 1)) add('pedestrian', person.x - own.x, person.y - own.y);
  }
  for (let row = 0; row < VIEW_ROWS; row++) {
    for (let column = 0; column < COLUMNS; column++) {
      const [dx, dy] = [column - OWN_COLUMN, row - OWN_ROW];
      const name = things[town.tiles[(own.y + dy) * town.width + own.x + dx]!];
      if (name) add(name, dx, dy);
    }
  }
  const light = lightAhead(state);
  const ahead = light === 'none' ? '' : `, the light ahead is ${light}`;
  return captionOf(`${lookWords[state.look]}, ${wayOf(state)}${ahead}`, sightings);
}

function wayOf({ own: { speed, heading, wreck } }: DrivingState): string {
  if (wreck > 0) return 'crashed';
  const north = headingNames[heading]!;
  if (speed === 0) return `standing, facing ${north}`;
  if (speed < 0) return `reversing, facing ${north}`;
  return `driving ${speed === 1 ? 'slowly' : 'fast'} to the ${north}`;
}

function directionOf(dx: number, dy: number): Direction {
  if (Math.max(Math.abs(dx), Math.abs(dy)) < 2) return 'here';
  if (Math.abs(dx) >= Math.abs(dy)) return dx < 0 ? 'left' : 'right';
  return dy < 0 ? 'above' : 'below';
}
