import type { SpacetimeConfig } from './spacetime.js';

/** A spatiotemporal transformer with a memory of past frames. */
export interface DynamicsConfig extends SpacetimeConfig {
  /** Past frames that are remembered. */
  readonly memory: number;
  /** How a long memory is looked through. Without it each position sees itself in all remembered frames. */
  readonly lookback?: SparseMemoryConfig;
}

/** How a frame looks through a long memory, see `sparse_memory.ts`. */
export interface SparseMemoryConfig {
  /** Remembered frames that a frame looks at: F. */
  readonly frames: number;
  /** How many of them are the newest ones; one is the first; the gate chooses the others. */
  readonly recent: number;
  /** Frames of a training window: T. */
  readonly window: number;
}
