import { driving } from './driving/driving.js';
import { dungeon } from './dungeon/dungeon.js';
import { factory } from './factory/factory.js';
import { platformer } from './platformer/platformer.js';
import { runner } from './runner/runner.js';
import type { World } from './world.js';

/** Every simulated game, by the name that the command line calls it. Whoever plays one hands its own states back to it alone. */
export const simulators: ReadonlyMap<string, World<unknown>> = new Map<string, World<unknown>>([
  [platformer.name, platformer as World<unknown>],
  [dungeon.name, dungeon as World<unknown>],
  [driving.name, driving as World<unknown>],
  [factory.name, factory as World<unknown>],
  [runner.name, runner as World<unknown>],
]);
