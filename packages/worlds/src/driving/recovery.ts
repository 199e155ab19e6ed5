import { HEADINGS } from '../headings.js';
import { OPEN } from './cells.js';
import { placeOnLane } from './lanes.js';
import { cellsOf } from './scene.js';
import type { DrivingState } from './state.js';
import { surfaceAt } from './town.js';

export type Manoeuvre = 'ahead' | 'back' | 'left' | 'right';

/** Poses that are looked at before a driver gives up. */
const MOST = 1200;

interface Pose {
  readonly x: number;
  readonly y: number;
  readonly heading: number;
  readonly first: Manoeuvre | undefined;
}

/** The first manoeuvre of a shortest way back to a lane that avoids walls and cars, by breadth-first search; ahead where none is found. */
export function findWayBack(state: DrivingState): Manoeuvre {
  const { own, town, cars } = state;
  const isBlocked = (x: number, y: number): boolean =>
    cellsOf({ x, y }).some(([cx, cy]) => surfaceAt(town, cx, cy) > OPEN) ||
    cars.some((car) => Math.abs(car.x - x) < 2 && Math.abs(car.y - y) < 2);
  const keyOf = ({ x, y, heading }: Pose): number => (y * town.width + x) * 4 + heading;
  const start: Pose = { x: own.x, y: own.y, heading: own.heading, first: undefined };
  const seen = new Set([keyOf(start)]);
  const waiting = [start];
  for (let at = 0; at < waiting.length && at < MOST; at++) {
    const pose = waiting[at]!;
    if (pose.first && placeOnLane(town, pose)) return pose.first;
    for (const [manoeuvre, turn, sign] of [
      ['ahead', 0, 1],
      ['right', 1, 1],
      ['left', 3, 1],
      ['back', 0, -1],
    ] as const) {
      const heading = (pose.heading + turn) % 4;
      const [dx, dy] = HEADINGS[heading]!;
      const next = { x: pose.x + dx * sign, y: pose.y + dy * sign, heading, first: pose.first ?? manoeuvre };
      if (seen.has(keyOf(next)) || isBlocked(next.x, next.y)) continue;
      seen.add(keyOf(next));
      waiting.push(next);
    }
  }
  return 'ahead';
}
