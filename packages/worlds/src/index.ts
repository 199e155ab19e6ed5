export type { World } from './world.js';
export type { Policy, PolicyName } from './policy.js';
export { createPolicy, policyNames } from './policy.js';
export type { PlatformerState } from './platformer/state.js';
export { platformer } from './platformer/platformer.js';
export { simulators } from './simulators.js';
