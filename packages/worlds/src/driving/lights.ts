import { hasLights, type Crossing } from './cells.js';

/** Frames after which all lights have been through. The dashboard shows where in them the town is. */
export const CYCLE = 32;
/** Frames of green, and up to the end of yellow; then it is red for all until the other direction's turn. */
const GREEN = 11;
const YELLOW = 13;
/** Those on foot start within the first frames of green, so that they are over when it ends. */
const WALK = 4;

export type Light = 'red' | 'yellow' | 'green';

/** Frames since the light of those who go with a heading became green. */
function phaseOf({ group }: Crossing, heading: number, time: number): number {
  const half = CYCLE / 2;
  return (time + group * half + (heading % 2 === 1 ? 0 : half)) % CYCLE;
}

export function lightOf(crossing: Crossing, heading: number, time: number): Light {
  const phase = phaseOf(crossing, heading, time);
  return phase < GREEN ? 'green' : phase < YELLOW ? 'yellow' : 'red';
}

/** Whether someone on foot may step onto the zebra. */
export const mayWalk = (crossing: Crossing, heading: number, time: number): boolean =>
  !hasLights(crossing) || phaseOf(crossing, heading, time) < WALK;
