import type { PatchesConfig } from './config.js';

/** What a preset decides; the recordings decide the rest. */
export type Preset = Pick<PatchesConfig, 'dynamics' | 'map' | 'motionWidth' | 'refinementSteps'>;

/** `micro` is for tests, `tiny` trains within hours on one CPU core, `small` wants a GPU for training. */
export const presets = {
  tiny: {
    dynamics: { width: 128, layers: 4, heads: 4 },
    map: { rows: 128, columns: 128 },
    ...{ motionWidth: 128, refinementSteps: 2 },
  },
  micro: {
    dynamics: { width: 32, layers: 1, heads: 2 },
    map: { rows: 24, columns: 24 },
    ...{ motionWidth: 32, refinementSteps: 2 },
  },
  small: {
    dynamics: { width: 256, layers: 6, heads: 8 },
    map: { rows: 128, columns: 128 },
    ...{ motionWidth: 256, refinementSteps: 4 },
  },
} as const satisfies Record<string, Preset>;
