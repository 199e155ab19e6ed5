import { GraphBuilder, SnowglobeError } from '@snowglobe/graph';
import type { WorldModel } from '../../family/family.js';
import { freshState, stateBytesOf } from '../../family/state.js';
import { cellsOf } from '../../memory/map/geometry.js';
import type { PatchesConfig } from './config/config.js';
import { exportedFrame } from './play/exported.js';
import { buildFrame } from './play/frame.js';
import { frameInputs } from './play/inputs.js';
import { mapPicture } from './play/map_picture.js';
import { playState, stateLimits } from './play/state.js';
import { tilesOf } from './play/tiles.js';

/** Name of the family. */
export const patches = 'patches';

/** What this family makes of a config that was checked. */
export function patchesModel(config: PatchesConfig): WorldModel & { readonly config: PatchesConfig } {
  const checkKvCache = (): never => {
    throw new SnowglobeError(
      `play: worlds of the family '${patches}' remember a map of patches and have no KV cache; leave its bits out.`,
    );
  };
  return {
    ...{ family: patches, config, fitsKvCache: false, checkKvCache },
    actions: { count: config.actions, areLatent: config.latentActions !== undefined, states: 1 },
    frameGraph: (options) => (options?.kvCache ? checkKvCache() : buildFrame(config, options)),
    initialState: freshState,
    frameInputs: (index, actionLogits, options) => frameInputs(config, index, actionLogits, options),
    stateBytes() {
      const builder = new GraphBuilder();
      playState(builder, config, 1);
      return stateBytesOf(builder.build());
    },
    stateLimits: stateLimits(config),
    tiles: tilesOf(config),
    ...(cellsOf(config.view) > 0 && { map: mapPicture(config) }),
    exported: exportedFrame,
    // A map that reaches no farther than the view forgets what leaves it.
    controls: (): Readonly<Record<string, WorldModel>> =>
      cellsOf(config.map) > cellsOf(config.view)
        ? {
            memory: patchesModel({
              ...config,
              map: { rows: config.view.rows, columns: config.view.columns },
            }),
          }
        : {},
    training: async () => (await import('./training/index.js')).patchesTraining(config),
  };
}
