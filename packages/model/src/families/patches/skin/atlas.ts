import { SnowglobeError, sizeOf } from '@snowglobe/graph';
import type { AtlasPicture, FamilyAtlas, RedrawnWorld } from '../../../family/atlas.js';
import { pixelsOf } from '../../../pixels.js';
import type { PatchesConfig } from '../config/config.js';
import { frameCells } from '../config/config.js';
import { parsePatchesConfig } from '../config/parse.js';
import { backgroundName, codebookName } from '../tokenizer/patches.js';

/** Patches in a row of the atlas. */
const columns = 16;

type Redrawn = RedrawnWorld['tensors'] extends ReadonlyMap<string, infer T> ? T : never;

/** Codebooks as pictures: patch k stands in row ⌊k / 16⌋, column k mod 16. */
export const patchesAtlas: FamilyAtlas = {
  draw({ config, tensors }) {
    const { codebook, grid } = parsePatchesConfig(config);
    const pixels = tensors.get(codebookName)!.data as Float32Array;
    const bytes = Uint8Array.from(pixels, (value) => Math.round((value + 1) * 127.5));
    return drawAtlas(bytes, codebook, grid.size);
  },
  apply(world, atlas) {
    const config = parsePatchesConfig(world.config);
    const size = sizeIn(atlas, config.codebook);
    const pixels = pixelsOf(cutAtlas(atlas, config.codebook, size));
    const codebook = { dtype: 'F32', shape: [config.codebook, 3 * size * size], data: pixels } as const;
    // What is outside the grid belongs to the art that it was recorded in.
    if (size === config.grid.size)
      return { config, tensors: new Map<string, Redrawn>([[codebookName, codebook]]) };
    const skinned = parsePatchesConfig(cropped(config, size));
    const shape = [skinned.height, skinned.width, 3];
    const background = { dtype: 'F32', shape, data: new Float32Array(sizeOf(shape)) } as const;
    return {
      config: skinned,
      tensors: new Map<string, Redrawn>([
        [codebookName, codebook],
        [backgroundName, background],
      ]),
    };
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

/** Pixels of a patch's side in an atlas. @throws SnowglobeError */
function sizeIn({ width, height }: AtlasPicture, patches: number): number {
  const rows = Math.ceil(patches / columns);
  const size = width / columns;
  if (Number.isInteger(size) && size >= 1 && height === rows * size) return size;
  throw new SnowglobeError(
    `atlas: a picture of ${width}x${height} is none of ${patches} patches; it must be ${columns} patches wide and ${rows} high, at the same whole number of pixels each.`,
  );
}

/** @param patches (K, S, S, 3) */
function drawAtlas(patches: Uint8Array, count: number, size: number): AtlasPicture {
  const [width, height] = [columns * size, Math.ceil(count / columns) * size];
  const data = new Uint8Array(width * height * 3);
  forRows(count, size, (patch, atlas) => data.set(patches.subarray(patch, patch + 3 * size), atlas));
  return { width, height, data };
}

/** The patches (K, S, S, 3) of an atlas. */
function cutAtlas({ data }: AtlasPicture, count: number, size: number): Uint8Array {
  const patches = new Uint8Array(count * size * size * 3);
  forRows(count, size, (patch, atlas) => patches.set(data.subarray(atlas, atlas + 3 * size), patch));
  return patches;
}

/** Each row of pixels of each patch: where it begins among the patches, and in the atlas. */
function forRows(count: number, size: number, visit: (patch: number, atlas: number) => void): void {
  for (let k = 0; k < count; k++) {
    const [row, column] = [Math.floor(k / columns), k % columns];
    for (let y = 0; y < size; y++) {
      visit((k * size + y) * size * 3, ((row * size + y) * columns + column) * size * 3);
    }
  }
}
