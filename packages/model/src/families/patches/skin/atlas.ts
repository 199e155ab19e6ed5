import type { FamilyAtlas, RedrawnWorld } from '../../../family/atlas.js';
import { cutTiles, layTiles, tileSizeIn } from '../../../family/atlas_layout.js';
import { bytesOfPixels, pixelsOf } from '../../../pixels.js';
import type { PatchesConfig } from '../config/config.js';
import { frameCells } from '../config/config.js';
import { parsePatchesConfig } from '../config/parse.js';
import { backgroundName, codebookName } from '../tokenizer/patches.js';

type Redrawn = RedrawnWorld['tensors'] extends ReadonlyMap<string, infer T> ? T : never;

/** Codebooks as pictures. */
export const patchesAtlas: FamilyAtlas = {
  draw({ config, tensors }) {
    const { codebook, grid } = parsePatchesConfig(config);
    const bytes = bytesOfPixels(tensors.get(codebookName)!.data as Float32Array);
    return layTiles(bytes, codebook, grid.size);
  },
  apply(world, atlas) {
    const config = parsePatchesConfig(world.config);
    const size = tileSizeIn(atlas, config.codebook);
    const pixels = pixelsOf(cutTiles(atlas, config.codebook));
    const codebook = { dtype: 'F32', shape: [config.codebook, 3 * size * size], data: pixels } as const;
    const tensors = new Map<string, Redrawn>([[codebookName, codebook]]);
    if (size === config.grid.size) return { config, tensors, unused: [] };
    // What is outside the grid belongs to the art that it was recorded in.
    return { config: parsePatchesConfig(cropped(config, size)), tensors, unused: [backgroundName] };
  },
};

/** Frames of the cells alone. */
function cropped(config: PatchesConfig, size: number): PatchesConfig {
  const cells = frameCells(config);
  return {
    ...config,
    ...{ width: cells.columns * size, height: cells.rows * size, grid: { size, top: 0, left: 0 } },
  };
}
