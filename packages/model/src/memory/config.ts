import type { LookbackConfig } from './lookback.js';
import type { SpacetimeConfig } from './spacetime.js';

/** A spatiotemporal transformer with a memory of past frames. */
export interface DynamicsConfig extends SpacetimeConfig {
  /** Past frames that are remembered. */
  readonly memory: number;
  /** How a long memory is looked through. Without it each position sees itself in all remembered frames. */
  readonly lookback?: LookbackConfig;
}
