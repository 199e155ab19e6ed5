import type { World } from '../world/world.js';

/** Integers from 0 to n - 1, as `gymnasium.spaces.Discrete`. */
export interface Discrete {
  readonly type: 'Discrete';
  readonly n: number;
}

/** A vector of integers, the i-th from 0 to nvec[i] - 1, as `gymnasium.spaces.MultiDiscrete`. */
export interface MultiDiscrete {
  readonly type: 'MultiDiscrete';
  readonly nvec: readonly number[];
}

/** Numbers within bounds, both included, as `gymnasium.spaces.Box`. */
export interface Box {
  readonly type: 'Box';
  readonly low: number;
  readonly high: number;
  readonly shape: readonly number[];
  readonly dtype: 'uint8' | 'int32';
}

/** What an environment shows: pictures, or the codes of their tiles. */
export type Observation = 'rgb' | 'tokens';

/** Of one environment: (H, W, 3) bytes, or (rows, columns) codes. @param world whose frames are made of tiles, for tokens */
export function observationSpaceOf(
  { metadata: { config }, tiles }: Pick<World, 'metadata' | 'tiles'>,
  observation: Observation,
): Box {
  const { width, height } = config;
  return observation === 'rgb'
    ? { type: 'Box', low: 0, high: 255, shape: [height, width, 3], dtype: 'uint8' }
    : { type: 'Box', low: 0, high: tiles!.count - 1, shape: [tiles!.rows, tiles!.columns], dtype: 'int32' };
}

/** The same for so many environments. */
export const batched = (space: Box, count: number): Box => ({ ...space, shape: [count, ...space.shape] });
