import { defaultLatentActions } from '../../../latent_actions/config.js';
import { defaultDelta } from '../codes/delta.js';
import { defaultTokenizer } from '../tokenizer/tokenizer.js';
import type { DeltaWorldConfig } from './config.js';

/** What a preset decides; the recordings decide the rest. */
export type Preset = Omit<DeltaWorldConfig, 'width' | 'height' | 'fps'>;

const range = defaultLatentActions.range;

/** Whole-pixel shifts of a first-person view, which turns: far across, hardly up and down. */
const turning = { y: 2, x: 8 };

/**
 * Sizes of worlds. `micro` is for tests: it learns something in a minute on two CPU cores. `tiny` is the default: it
 * trains in hours and plays in real time there. `memory` is as large, remembers 1,024 frames and is meant for first-person
 * views. `small` wants a GPU for training.
 */
export const presets = {
  micro: {
    tokenizer: { ...defaultTokenizer, channels: [8, 16, 32], headWidth: 16 },
    latentActions: { ...defaultLatentActions, hidden: 32 },
    motion: { range, width: 32, actions: defaultLatentActions.codes },
    delta: { ...defaultDelta, channels: [8, 16, 32], headWidth: 16 },
    dynamics: { width: 32, layers: 1, heads: 2, memory: 4 },
    refinementSteps: 2,
  },
  tiny: {
    tokenizer: defaultTokenizer,
    latentActions: defaultLatentActions,
    motion: { range, width: 128, actions: defaultLatentActions.codes },
    delta: defaultDelta,
    dynamics: { width: 128, layers: 4, heads: 4, memory: 12 },
    refinementSteps: 4,
  },
  memory: {
    tokenizer: defaultTokenizer,
    latentActions: { ...defaultLatentActions, range: turning, border: { y: 3, x: 9 } },
    motion: { range: turning, width: 128, actions: defaultLatentActions.codes },
    delta: defaultDelta,
    dynamics: {
      ...{ width: 128, layers: 4, heads: 4, memory: 1024 },
      lookback: { frames: 16, recent: 8, window: 64 },
    },
    refinementSteps: 4,
  },
  small: {
    tokenizer: { ...defaultTokenizer, channels: [64, 128, 256] },
    latentActions: { ...defaultLatentActions, hidden: 384 },
    motion: { range, width: 256, actions: defaultLatentActions.codes },
    delta: { ...defaultDelta, channels: [64, 128, 256] },
    dynamics: { width: 384, layers: 8, heads: 12, memory: 24 },
    refinementSteps: 6,
  },
} as const satisfies Record<string, Preset>;
