/**
 * When a pixel of the last frame, moved with the camera, is shown again instead of what was painted in its place; see `replenish`.
 * Differences are of pixels in −1 … 1, in the channel where they are largest.
 */
export interface ReplenishmentConfig {
  /** Pixels to each side over which painting and moved picture are averaged before they are compared. */
  readonly window: number;
  /** Means that differ by more than this are painted. */
  readonly tolerance: number;
  /** Pixels that differ by more than this are painted. */
  readonly contrast: number;
  /** Pixels to each side of what is painted that are painted with it. */
  readonly margin: number;
  /** Frames for which what has just come into view is painted in any case. */
  readonly settling: number;
  /** How near what has settled must be to a square of the prompt to take its look, see `recollect`; absent: never. */
  readonly recollection?: number;
}

/** Side of the squares of pixels that are looked up in the prompt, see `recollect`. */
export const squareSide = 8;

/** How many numbers the largest tensors of a look-up have, of one world. */
export function recollectedNumbers({
  width,
  height,
}: {
  readonly width: number;
  readonly height: number;
}): number {
  const places = (height - squareSide + 1) * (width - squareSide + 1);
  return places * Math.max((height * width) / squareSide ** 2, squareSide ** 2 * 3);
}
