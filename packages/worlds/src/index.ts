export type { World } from './world.js';
export type { Caption, Direction } from './caption.js';
export type { Player, PolicyName } from './policy.js';
export { policyNames } from './policy.js';
export type { DungeonState } from './dungeon/state.js';
export { dungeon } from './dungeon/dungeon.js';
export type { PlatformerState } from './platformer/state.js';
export { platformer } from './platformer/platformer.js';
export { simulators } from './simulators.js';
