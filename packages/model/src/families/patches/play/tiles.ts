import { lastFrame } from '../../../family/state.js';
import type { StateValuesOf, TileReader, Tiles } from '../../../family/tiles.js';
import { bytesOfPixels, pixelsOf } from '../../../pixels.js';
import type { PatchesConfig } from '../config/config.js';
import { frameCells, hasBorder } from '../config/config.js';
import { PatchEncoder, drawCodes } from '../tokenizer/codebook.js';
import { backgroundName, codebookName } from '../tokenizer/patches.js';
import { codesName } from './state.js';

/** The tiles of a world: its patches. */
export function tilesOf(config: PatchesConfig): Tiles {
  const cells = frameCells(config);
  return {
    ...cells,
    count: config.codebook,
    view: config.view,
    state: [codesName, lastFrame],
    reader({ tensors }): TileReader {
      const patches = bytesOfPixels(tensors.get(codebookName)!.data as Float32Array);
      const border = hasBorder(config) ? tensors.get(backgroundName)! : undefined;
      const background = border ? bytesOfPixels(border.data as Float32Array) : undefined;
      const codebook = { grid: { ...config.grid, ...cells }, patches, size: config.codebook };
      const encoder = new PatchEncoder(codebook);
      return {
        codesOf: (state) => drawnCodes(state) ?? encoder.encode(frameBytes(state), config).codes,
        draw: (codes) => pixelsOf(drawCodes(codes, codebook, config, background)),
      };
    },
  };
}

/** Codes that were drawn, from 0; none where the last frame is a prompt. */
function drawnCodes(state: StateValuesOf): Int32Array | undefined {
  const codes = state.get(codesName) as Int32Array;
  return codes[0] === 0 ? undefined : codes.map((code) => code - 1);
}

const frameBytes = (state: StateValuesOf): Uint8Array => bytesOfPixels(state.get(lastFrame) as Float32Array);
