import { ROAD_WIDTH, SIDE, type Crossing } from './cells.js';
import { laneOffset, neighbourOf, type Town } from './town.js';

/** A place on a lane: the crossing that it leads to, and how many cells there are still to go. */
export interface LanePlace {
  readonly crossing: number;
  /** To where cars stop for the crossing; negative on the crossing itself. */
  readonly toStop: number;
}

interface Placed {
  readonly x: number;
  readonly y: number;
  readonly heading: number;
}

const isForward = (heading: number): boolean => heading < 2;
/** Where a car is along the way that it goes. */
export const along = ({ x, y, heading }: Placed): number => (heading % 2 === 0 ? x : y);
const alongOf = ({ x, y }: Crossing, heading: number): number => (heading % 2 === 0 ? x : y);
const acrossOf = ({ x, y }: Crossing, heading: number): number => (heading % 2 === 0 ? y : x);

/** Where a car stops for a crossing: with its stop line and its zebra to be seen before it. */
export const stopOf = (crossing: Crossing, heading: number): number =>
  alongOf(crossing, heading) + (isForward(heading) ? -4 : ROAD_WIDTH + 2);

/** Where on a crossing a car that comes with a heading turns to leave with another, or is taken to have passed it. */
export const turnOf = (crossing: Crossing, heading: number, exit: number): number =>
  alongOf(crossing, heading) + laneOffset(exit === heading ? (heading + 1) % 4 : exit);

/** Where cars can be on the lane that leaves a crossing: from the first cell along it to the last. */
export function laneOf(
  { crossings }: Town,
  crossing: number,
  heading: number,
): { readonly across: number; readonly first: number; readonly last: number } {
  const [from, to] = [crossings[crossing]!, crossings[neighbourOf(crossing, heading)]!];
  const across = acrossOf(from, heading) + laneOffset(heading);
  const [start, end] = [alongOf(from, heading), stopOf(to, heading)];
  return isForward(heading)
    ? { across, first: start + ROAD_WIDTH + 1, last: end }
    : { across, first: end, last: start - 3 };
}

/** Where a car is on a lane, if it is on one and goes its way. */
export function placeOnLane(town: Town, car: Placed): LanePlace | undefined {
  const { x, y, heading } = car;
  const across = heading % 2 === 0 ? y : x;
  const sign = isForward(heading) ? 1 : -1;
  for (let at = 0; at < SIDE * SIDE; at++) {
    const crossing = town.crossings[at]!;
    if (across !== acrossOf(crossing, heading) + laneOffset(heading)) continue;
    const toStop = sign * (stopOf(crossing, heading) - along(car));
    // On the crossing itself it still leads to it, until where cars turn.
    const toTurn = sign * (turnOf(crossing, heading, heading) - along(car));
    const isBehind = toTurn < -1;
    if (isBehind || toStop > 20) continue;
    if (!crossing.arms[(heading + 2) % 4]) continue;
    const from = neighbourOf(at, (heading + 2) % 4);
    const start = sign * (along(car) - turnOf(town.crossings[from]!, heading, heading));
    if (start >= 0) return { crossing: at, toStop };
  }
  return undefined;
}

/** Headings in which a crossing can be left by who comes with one: straight on, to the right, to the left. */
export const exitsOf = ({ arms }: Crossing, heading: number): number[] =>
  [heading, (heading + 1) % 4, (heading + 3) % 4].filter((exit) => arms[exit]);
