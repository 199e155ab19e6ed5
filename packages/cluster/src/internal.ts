/** What other packages and apps of this repository use, and nobody else: it may change at any time. */
export { findRedis, startRedis } from './trial/redis.js';
export { runTrial } from './trial/trial.js';
