import type { EvidenceConfig } from '../../../latent_actions/config.js';
import { defaultLatentActions } from '../../../latent_actions/config.js';
import type { DeltaWorldConfig } from './config.js';
import type { Preset } from './presets.js';
import { presets } from './presets.js';

/**
 * How a world's motion is measured in recordings. Worlds with latent actions say it themselves. Others keep the range of shifts
 * alone, which decides the preset that they were trained by, and with it the border; a range that no preset has leaves out one
 * pixel more than it reaches.
 */
export function evidenceOf({
  latentActions,
  motion,
}: Pick<DeltaWorldConfig, 'latentActions' | 'motion'>): EvidenceConfig {
  if (latentActions) return latentActions;
  const { range } = motion;
  const alike = (Object.values(presets) as readonly Preset[]).find(
    (preset) => preset.motion.range.y === range.y && preset.motion.range.x === range.x,
  );
  const { sharpness } = defaultLatentActions;
  return alike?.latentActions ?? { range, border: { y: range.y + 1, x: range.x + 1 }, sharpness };
}
