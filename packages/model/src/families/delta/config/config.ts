import type { LatentActionConfig } from '../../../latent_actions/config.js';
import type { DynamicsConfig } from '../../../memory/config.js';
import type { DeltaConfig } from '../codes/delta.js';
import { pixelsPerDelta } from '../codes/delta.js';
import type { MotionConfig } from '../motion/motion.js';
import { motionWidth } from '../motion/motion.js';
import type { TokenizerConfig } from '../tokenizer/tokenizer.js';
import type { ReplenishmentConfig } from './replenishment.js';

/** Everything that decides the shapes of a world's parts. */
export interface DeltaWorldConfig {
  /** Pixels of a frame; multiples of 16. */
  readonly width: number;
  readonly height: number;
  /** Frames a second of the recordings that it was learned from. */
  readonly fps: number;
  readonly tokenizer: TokenizerConfig;
  /** How actions were discovered; absent in worlds that were trained with true actions. */
  readonly latentActions?: LatentActionConfig;
  readonly motion: MotionConfig;
  readonly delta: DeltaConfig;
  readonly dynamics: DynamicsConfig;
  /** Refinement steps in which the codes of a frame are sampled. */
  readonly refinementSteps: number;
  /** Of worlds that keep what was drawn already; others paint every pixel of every frame. */
  readonly replenishment?: ReplenishmentConfig;
}

/** Positions of delta codes of a frame. */
export function deltaPositions({ width, height }: Pick<DeltaWorldConfig, 'width' | 'height'>): number {
  return (width / pixelsPerDelta) * (height / pixelsPerDelta);
}

/** Numbers of a row that tells action and motion: K of `Hint`. */
export function conditioningWidth({ motion }: Pick<DeltaWorldConfig, 'motion'>): number {
  return motion.actions + motionWidth(motion);
}
