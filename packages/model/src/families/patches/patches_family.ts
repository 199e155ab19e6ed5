import { SnowglobeError } from '@snowglobe/graph';
import type { WorldFamily } from '../../family/family.js';
import type { MapConfig, PatchesConfig } from './config/config.js';
import { parsePatchesConfig } from './config/parse.js';
import { presets } from './config/presets.js';
import { patches, patchesModel } from './patches_model.js';
import { patchesAtlas } from './skin/atlas.js';
import type { Findings } from './survey/survey.js';

/**
 * Worlds whose frames are made of patches that recur, as those of games with tiles are: what was seen is remembered exactly, in a
 * map or by pose, and a masked transformer says which patch each cell shows next. Actions are latent, read off what happens to the
 * cells of a map, or true ones.
 */
export const patchesFamily: WorldFamily = {
  name: patches,
  findsActions: true,
  presets: Object.keys(presets),
  parse: (config) => patchesModel(parsePatchesConfig(config)),
  fromPreset(name, { width, height, fps }, { trueActions, memory, findings } = {}) {
    if (!Object.hasOwn(presets, name)) {
      throw new SnowglobeError(
        `preset: there is no '${name}' among ${Object.keys(presets).join(', ')}; use one of them.`,
      );
    }
    const { latentActions, codebook, grid, view, ...moves } =
      (findings as Findings | undefined) ?? unknownFindings;
    if (trueActions === undefined && !latentActions) {
      throw new SnowglobeError(
        `train: nothing in these recordings tells actions apart without labels, because no view scrolls in them; take those of key logs (--actions true), or let the recordings decide on a family (--family auto).`,
      );
    }
    const { map, poses, ...preset } = presets[name as keyof typeof presets];
    const shared = {
      ...{ width, height, fps, ...preset, grid, codebook, view },
      ...(trueActions === undefined
        ? { actions: latentActions!.codes.length, latentActions }
        : { actions: trueActions }),
    };
    const config: PatchesConfig =
      'poses' in moves
        ? { ...shared, poses: { ...moves.poses, ...poses, frames: memory ?? poses.frames } }
        : {
            ...shared,
            motions: moves.motions,
            ...(moves.sight && { sight: moves.sight }),
            map: mapOf(map, view, memory),
          };
    return patchesModel(parsePatchesConfig(config));
  },
  atlas: patchesAtlas,
  survey: async (data) => (await import('./survey/survey.js')).survey(data),
};

/** What stands for the findings of recordings until they were read. */
const unknownFindings: Findings = {
  grid: { size: 8, top: 0, left: 0 },
  codebook: 256,
  view: { top: 0, left: 0, rows: 0, columns: 0 },
  motions: [[0, 0]],
  latentActions: { looks: [], free: [], effects: [], codes: ['rest'] },
};

/** A map as large as a view at least, and such that its middle is that of the view; none where nothing scrolls. */
function mapOf(
  { rows, columns }: MapConfig['map'],
  view: PatchesConfig['view'],
  side: number | undefined,
): MapConfig['map'] {
  if (view.rows === 0) return { rows: 0, columns: 0 };
  return { rows: Math.max(side ?? rows, view.rows), columns: Math.max(side ?? columns, view.columns) };
}
