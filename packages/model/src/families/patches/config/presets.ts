import type { MapConfig, PoseConfig } from './config.js';

/** What a preset decides; the recordings decide the rest. */
export interface Preset extends Pick<MapConfig, 'dynamics' | 'map' | 'motionWidth' | 'refinementSteps'> {
  readonly poses: Pick<PoseConfig['poses'], 'frames' | 'reach' | 'recalled' | 'sight'>;
}

/** A view of 90 degrees, four squares deep, that hardly sees past the walls beside it. */
const sight = [1, 1, 2, 2];

/**
 * Four refinement steps, because cells that are sampled in one do not see each other: with two, creatures multiply and turns show walls that do not
 * fit. `micro` is for tests, `tiny` trains within hours on one CPU core, `small` wants a GPU for training.
 */
export const presets = {
  tiny: {
    dynamics: { width: 128, layers: 4, heads: 4 },
    map: { rows: 128, columns: 128 },
    poses: { frames: 512, reach: 16, recalled: 3, sight },
    ...{ motionWidth: 128, refinementSteps: 4 },
  },
  micro: {
    dynamics: { width: 32, layers: 1, heads: 2 },
    map: { rows: 24, columns: 24 },
    poses: { frames: 24, reach: 6, recalled: 2, sight },
    ...{ motionWidth: 32, refinementSteps: 2 },
  },
  small: {
    dynamics: { width: 256, layers: 6, heads: 8 },
    map: { rows: 128, columns: 128 },
    poses: { frames: 1024, reach: 32, recalled: 3, sight },
    ...{ motionWidth: 256, refinementSteps: 4 },
  },
} as const satisfies Record<string, Preset>;
