import { platformer } from './platformer/platformer.js';
import type { World } from './world.js';

/** Every simulated game, by the name that the command line calls it. */
export const simulators: ReadonlyMap<string, World<unknown>> = new Map([[platformer.name, platformer]]);
