import { SnowglobeError } from '@snowglobe/graph';
import type { WorldFamily } from '../../family/family.js';
import type { DynamicsConfig } from '../../memory/config.js';
import { parseDeltaConfig } from './config/parse.js';
import type { Preset } from './config/presets.js';
import { presets } from './config/presets.js';
import { delta, deltaModel } from './delta_model.js';

/**
 * Worlds of delta codes: the camera's motion is sampled, the last frame is moved with it, and a masked transformer samples codes
 * for what is new. Actions are latent, read off motion, or true ones.
 */
export const deltaFamily: WorldFamily = {
  name: delta,
  findsActions: true,
  presets: ['tiny', ...Object.keys(presets).filter((name) => name !== 'tiny')],
  parse: (config) => deltaModel(parseDeltaConfig(config)),
  fromPreset(name, { width, height, fps }, { trueActions, memory } = {}) {
    if (!Object.hasOwn(presets, name)) {
      throw new SnowglobeError(
        `preset: there is no '${name}' among ${Object.keys(presets).join(', ')}; use one of them.`,
      );
    }
    const { latentActions, motion, ...others } = presets[name as keyof typeof presets] as Preset;
    const rest =
      memory === undefined ? others : { ...others, dynamics: remembering(others.dynamics, memory) };
    const frame = { width, height, fps };
    return deltaModel(
      parseDeltaConfig(
        trueActions === undefined
          ? { ...frame, ...rest, motion, latentActions }
          : { ...frame, ...rest, motion: { ...motion, actions: trueActions } },
      ),
    );
  },
};

/** The dynamics with another memory; what it looks at of a short one is all that there is. */
function remembering(dynamics: DynamicsConfig, memory: number): DynamicsConfig {
  const { lookback } = dynamics;
  if (!lookback) return { ...dynamics, memory };
  const frames = Math.min(lookback.frames, memory);
  return {
    ...dynamics,
    memory,
    lookback: { ...lookback, frames, recent: Math.min(lookback.recent, frames - 1) },
  };
}
