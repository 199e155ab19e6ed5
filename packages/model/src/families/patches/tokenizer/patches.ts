import type { GraphBuilder, Tensor } from '@snowglobe/graph';
import {
  argmax,
  gatherRows,
  matmul,
  pad,
  pointwise as p,
  reshape,
  slice,
  sum,
  transpose,
} from '@snowglobe/kernels';
import type { PatchesConfig } from '../config/config.js';
import { frameCells, hasBorder, patchPixels } from '../config/config.js';

/** Shapes: B worlds, P cells, K patches, S pixels of a side, H and W pixels. */

/** The pictures that a world is drawn of. They are measured, not trained. */
export interface PatchPictures {
  /** (K, S·S·3) in −1 … 1 */
  readonly codebook: Tensor;
  /** (H, W, 3): pixels outside the grid, and 0 within it. Absent where there are none outside, see `hasBorder`. */
  readonly background?: Tensor;
}

export const codebookName = 'patches/codebook';
export const backgroundName = 'patches/background';

export function patchPictures(builder: GraphBuilder, config: PatchesConfig): PatchPictures {
  return {
    codebook: builder.variable(codebookName, [config.codebook, patchPixels(config)]),
    ...(hasBorder(config) && {
      background: builder.variable(backgroundName, [config.height, config.width, 3]),
    }),
  };
}

/** Frames (B, H, W, 3) drawn from codes (B, P). */
export function drawPatches(
  codes_BP: Tensor,
  { codebook, background }: PatchPictures,
  config: PatchesConfig,
): Tensor {
  const [batch] = codes_BP.shape as [number];
  const { rows, columns } = frameCells(config);
  const { size, top, left } = config.grid;
  const cells = reshape(gatherRows(codebook, codes_BP), [batch, rows, columns, size, size, 3]);
  const drawn = reshape(transpose(cells, [0, 1, 3, 2, 4, 5]), [batch, rows * size, columns * size, 3]);
  const [below, beside] = [config.height - top - rows * size, config.width - left - columns * size];
  if (!background) return drawn;
  return p.add(pad(pad(drawn, 1, top, below), 2, left, beside), background);
}

/** The nearest patch of each cell of frames (B, H, W, 3), by squared difference: i32 (B, P). */
export function encodePatches(
  frame_BHW3: Tensor,
  { codebook }: PatchPictures,
  config: PatchesConfig,
): Tensor {
  const [batch] = frame_BHW3.shape as [number];
  const { rows, columns } = frameCells(config);
  const { size, top, left } = config.grid;
  const within = slice(slice(frame_BHW3, 1, top, top + rows * size), 2, left, left + columns * size);
  const cells = transpose(reshape(within, [batch, rows, size, columns, size, 3]), [0, 1, 3, 2, 4, 5]);
  const rowsOfPixels = reshape(cells, [batch * rows * columns, patchPixels(config)]);
  const likeness = matmul(rowsOfPixels, transpose(codebook, [1, 0]));
  const lengths_K = sum(p.square(codebook), 1);
  return reshape(argmax(p.sub(p.mul(likeness, 2), lengths_K)), [batch, rows * columns]);
}
