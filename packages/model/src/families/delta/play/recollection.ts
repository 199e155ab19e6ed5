import type { Tensor } from '@snowglobe/graph';
import {
  argmax,
  concat,
  depthToSpace,
  matmul,
  maxOver,
  pointwise as p,
  reshape,
  slice,
  spaceToDepth,
  sum,
} from '@snowglobe/kernels';
import { gatherEachRow } from '../../../layers/gather_each.js';
import { squareSide } from '../config/replenishment.js';

/** Shapes: B worlds, H and W pixels, S squares of the picture, N places in the prompt, D numbers of a square. */

/** What is drawn, and what may be remembered in its place. */
export interface Recollected {
  /** (B, H, W, 3) */
  readonly drawn_BHW3: Tensor;
  /** (B, H, W, 3): the frame that was drawn by no world. */
  readonly prompt_BHW3: Tensor;
  /** (B, H, W, 1): 1 where a pixel may be replaced. */
  readonly replaced_BHW1: Tensor;
}

/**
 * Texture from the prompt (Efros and Leung 1999): each square of the picture is looked up among all squares of the prompt, and where the
 * nearest one is near enough, pixels that may be replaced are taken from it. A painter that guesses smooths; what the prompt
 * shows is sharp.
 * @param distance largest root mean square of differences, of pixels in −1 … 1
 */
export function recollect({ drawn_BHW3, prompt_BHW3, replaced_BHW1 }: Recollected, distance: number): Tensor {
  const [batch, height, width] = drawn_BHW3.shape as [number, number, number, number];
  const { builder } = drawn_BHW3;
  const [rows, columns] = [height / squareSide, width / squareSide];
  const depth = squareSide ** 2 * 3;
  const places_BND = squaresOf(prompt_BHW3);
  const squares_BSD = reshape(spaceToDepth(drawn_BHW3, squareSide), [batch, rows * columns, depth]);
  // |a − b|² = |a|² − (2 a·b − |b|²): the nearest place has the largest of what is in brackets.
  const lengths_B1N = reshape(sum(p.square(places_BND), 2), [batch, 1, places_BND.shape[1]!]);
  const nearness_BSN = p.sub(p.mul(matmul(squares_BSD, places_BND, { transposeB: true }), 2), lengths_B1N);
  const errors_BS = p.sub(sum(p.square(squares_BSD), 2), maxOver(nearness_BSN, 2));
  const nearest_BSD = gatherEachRow(places_BND, argmax(nearness_BSN));
  const picture = (x: Tensor): Tensor =>
    depthToSpace(reshape(x, [batch, rows, columns, x.shape.at(-1)!]), squareSide);
  const isNear_BS1 = reshape(p.greater(depth * distance ** 2, errors_BS), [batch, rows * columns, 1]);
  const everyPixel = builder.constant(new Float32Array(squareSide ** 2).fill(1), [1, 1, squareSide ** 2]);
  const isReplaced = p.mul(picture(p.mul(isNear_BS1, everyPixel)), replaced_BHW1);
  return p.select(isReplaced, picture(nearest_BSD), drawn_BHW3);
}

/** All squares of a picture (B, H, W, 3), one a place: (B, N, D), ordered row, column, channel. */
function squaresOf(picture_BHW3: Tensor): Tensor {
  const [batch, height, width] = picture_BHW3.shape as [number, number, number, number];
  const shifted = (x: Tensor, axis: number): Tensor => {
    const length = x.shape[axis]! - squareSide + 1;
    return concat(
      Array.from({ length: squareSide }, (_, start) => slice(x, axis, start, start + length)),
      3,
    );
  };
  const places = (height - squareSide + 1) * (width - squareSide + 1);
  return reshape(shifted(shifted(picture_BHW3, 2), 1), [batch, places, squareSide ** 2 * 3]);
}
