import { GraphBuilder } from '@snowglobe/graph';
import type { WorldModel } from '../../family/family.js';
import { freshState, stateBytesOf } from '../../family/state.js';
import { fitsKvCache, keptHead } from '../../memory/kv_cache.js';
import type { DeltaWorldConfig } from './config/config.js';
import { directions } from './motion/direction.js';
import { exportedFrame } from './play/exported.js';
import { buildFrame } from './play/frame.js';
import { frameInputs } from './play/inputs.js';
import { playState } from './play/state.js';

/** Name of the family. */
export const delta = 'delta';

/** What this family makes of a config that was checked. */
export function deltaModel(config: DeltaWorldConfig): WorldModel & { readonly config: DeltaWorldConfig } {
  const { dynamics, motion, latentActions } = config;
  return {
    family: delta,
    config,
    actions: { count: motion.actions, areLatent: latentActions !== undefined, states: directions },
    fitsKvCache: fitsKvCache(dynamics),
    checkKvCache: () => void keptHead(dynamics),
    stepsApart: dynamics.lookback === undefined,
    frameGraph: (options) => buildFrame(config, options),
    initialState: freshState,
    frameInputs: (index, actionLogits, options) => frameInputs(config, index, actionLogits, options),
    stateBytes({ kvCache } = {}) {
      const builder = new GraphBuilder();
      playState(builder, config, { kvCache });
      return stateBytesOf(builder.build());
    },
    exported: exportedFrame(config),
    training: async () => (await import('./training/index.js')).deltaTraining(config),
  };
}
