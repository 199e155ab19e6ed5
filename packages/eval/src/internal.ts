/** What other packages and apps of this repository use, and nobody else: it may change at any time. */
export { openReconstruction } from './pictures/reconstruction.js';
export { seedsFrom } from './rollouts/roll_out.js';
export { worldsAtOnce } from './rollouts/courses.js';
export { knownActions } from './rollouts/rollouts.js';
export { mean, standardError } from './statistics.js';
