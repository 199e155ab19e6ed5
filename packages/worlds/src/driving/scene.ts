import { ROAD, ROAD_WIDTH, ZEBRA, type Crossing } from './cells.js';
import type { Car, DrivingState, OtherCar, Person } from './state.js';
import { surfaceAt, type Town } from './town.js';

/** Longest that a wreck stays, in cells of the clock's bar. */
const WRECK = 3;
/** Frames in which the clock's bar fills a cell: wrecks, halts and those who were hit change then. */
const TICK = 4;
/** What stands on a cell: the own car, or the number of another one. */
export const OWN = -1;

/** What a step works on: copies that it changes, and who stands where. */
export class Scene {
  readonly town: Town;
  /** The frame that the step leads to. */
  readonly time: number;
  readonly cars: OtherCar[];
  readonly people: Person[];
  own: Car;
  crashes: number;
  fines: number;
  reward = 0;
  private readonly carAt = new Map<number, number>();
  private readonly personAt = new Map<number, number>();

  constructor(readonly before: DrivingState) {
    this.town = before.town;
    this.time = before.time + 1;
    this.cars = [...before.cars];
    this.people = [...before.people];
    this.own = before.own;
    this.crashes = before.crashes;
    this.fines = before.fines;
    this.put(this.own, OWN);
    this.cars.forEach((car, id) => this.put(car, id));
    this.people.forEach(({ x, y }, id) => this.personAt.set(this.cell(x, y), id));
  }

  get isTick(): boolean {
    return this.time % TICK === 0;
  }

  /** Who of the cars is on a cell. */
  carOn(x: number, y: number): number | undefined {
    return this.carAt.get(this.cell(x, y));
  }

  personOn(x: number, y: number): number | undefined {
    return this.personAt.get(this.cell(x, y));
  }

  /** Whether no other car and nobody is on any of some cells. */
  isFree(cells: readonly (readonly [number, number])[], self: number): boolean {
    return cells.every(([x, y]) => {
      const car = this.carOn(x, y);
      return (car === undefined || car === self) && this.personOn(x, y) === undefined;
    });
  }

  /** Takes a car from where it is to where it goes. */
  moveCar<Kind extends Car>(id: number, from: Kind, to: Kind): Kind {
    for (const [x, y] of cellsOf(from)) this.carAt.delete(this.cell(x, y));
    this.put(to, id);
    return to;
  }

  /** Takes someone one step; who stands there and comes the other way goes where they come from. */
  movePerson(id: number, x: number, y: number): void {
    const person = this.people[id]!;
    const other = this.personOn(x, y);
    this.personAt.delete(this.cell(person.x, person.y));
    if (other !== undefined) {
      this.people[other] = { ...this.people[other]!, x: person.x, y: person.y };
      this.personAt.set(this.cell(person.x, person.y), other);
    }
    this.people[id] = { ...person, x, y };
    this.personAt.set(this.cell(x, y), id);
  }

  /** Makes a car a wreck. */
  wreck(id: number): void {
    const broken = { speed: 0, isBraking: true, wreck: WRECK };
    if (id === OWN) {
      this.own = { ...this.own, ...broken };
      this.crashes++;
      this.reward -= 10;
    } else {
      this.cars[id] = { ...this.cars[id]!, ...broken };
    }
  }

  private put(car: Car, id: number): void {
    for (const [x, y] of cellsOf(car)) this.carAt.set(this.cell(x, y), id);
  }

  private cell(x: number, y: number): number {
    return y * this.town.width + x;
  }
}

type Cell = readonly [x: number, y: number];

export const cellsOf = ({ x, y }: { readonly x: number; readonly y: number }): Cell[] => [
  [x, y],
  [x + 1, y],
  [x, y + 1],
  [x + 1, y + 1],
];

/** The two cells before a car, `distance` cells on (1 is next to it), in the direction of a heading. */
export function cellsAhead(
  { x, y }: { readonly x: number; readonly y: number },
  heading: number,
  distance: number,
): Cell[] {
  switch (heading) {
    case 0:
      return [0, 1].map((side) => [x + 1 + distance, y + side]);
    case 1:
      return [0, 1].map((side) => [x + side, y + 1 + distance]);
    case 2:
      return [0, 1].map((side) => [x - distance, y + side]);
    default:
      return [0, 1].map((side) => [x + side, y - distance]);
  }
}

/** Whether a car is wholly on the road. */
export const isOnRoad = (town: Town, car: { readonly x: number; readonly y: number }): boolean =>
  cellsOf(car).every(([x, y]) => [ROAD, ZEBRA].includes(surfaceAt(town, x, y)));

/** Whether a car is on a crossing, with any of its cells. */
export const isOnCrossing = (car: { readonly x: number; readonly y: number }, { x, y }: Crossing): boolean =>
  car.x + 2 > x && car.x < x + ROAD_WIDTH && car.y + 2 > y && car.y < y + ROAD_WIDTH;
