import type { LookName } from './looks.js';
import type { Town } from './town.js';

/** Colours of the other cars. Red ones are reckless: they go faster and now and then run a red light. */
export const carColours = ['blue', 'white', 'red'] as const;
export type CarColour = (typeof carColours)[number];

/** A car: two by two cells, `x` and `y` the upper left one. Headings are indices into `HEADINGS`. */
export interface Car {
  readonly x: number;
  readonly y: number;
  readonly heading: number;
  /** Cells that it goes in a frame; negative backwards. */
  readonly speed: number;
  /** Whether the brake lights are on: the car stands, or became slower. */
  readonly isBraking: boolean;
  /** 0, or after a collision how long the wreck stays: it is one less whenever the clock's bar fills a cell. */
  readonly wreck: number;
}

/** A car that drives by itself. */
export interface OtherCar extends Car {
  readonly colour: CarColour;
  /** Index of the crossing that it drives to, or is on. */
  readonly crossing: number;
  /** The heading in which it will leave that crossing: what its indicator shows. */
  readonly exit: number;
  /** Whether it is on a crossing that it entered without looking. */
  readonly isBlind: boolean;
  /** 0, or how long it stands for no reason of the road, counted as `wreck` is. */
  readonly halt: number;
}

export interface Person {
  readonly x: number;
  readonly y: number;
  /** Where the next step leads. */
  readonly heading: number;
  /** Which of the shirts. */
  readonly shirt: number;
  /** 0, or how long someone who was hit lies on the ground, counted as `wreck` is. */
  readonly down: number;
}

/** Everything about one moment of an episode. */
export interface DrivingState {
  readonly seed: number;
  readonly look: LookName;
  readonly town: Town;
  /** Frames since the start. */
  readonly time: number;
  readonly own: Car;
  readonly cars: readonly OtherCar[];
  readonly people: readonly Person[];
  /** Collisions of the own car since the start. */
  readonly crashes: number;
  /** Red lights run and people hit since the start. */
  readonly fines: number;
  /** What the last step was worth: cells driven on the road, less 10 for a crash and 5 for a fine. */
  readonly reward: number;
}
