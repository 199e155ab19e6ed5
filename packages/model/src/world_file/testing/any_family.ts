import type { FrameConfig } from '../../family/frame.js';
import type { WorldModel } from '../../family/family.js';
import { registerFamily } from '../../families/registry.js';

/** Registers a family of worlds that cannot be played, for tests of their files. @param parse its check of a config */
export function registerAnyFamily(name: string, parse: (config: unknown) => unknown): void {
  registerFamily({
    name,
    presets: [],
    findsActions: false,
    parse: (config) =>
      ({
        family: name,
        config: parse(config) as FrameConfig,
        actions: { count: 4, areLatent: true, states: 9 },
      }) as WorldModel,
    fromPreset: () => {
      throw new Error('it has no presets');
    },
  });
}
