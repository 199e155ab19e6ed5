/** Where frames are cut into square patches: whole patches from an offset on; what is left at the edges is no part of a patch. */
export interface PatchGrid {
  /** Pixels of a patch's side. */
  readonly size: number;
  /** Pixels above and left of the first patch, less than `size`. */
  readonly top: number;
  readonly left: number;
  readonly rows: number;
  readonly columns: number;
}

/** Frames of one size, one after the other. */
export interface FrameSample {
  readonly height: number;
  readonly width: number;
  /** (F, H, W, 3) RGB bytes. */
  readonly rgb: Uint8Array;
}

/** The grid of patches of a size whose first one begins at an offset. */
export function gridAt(
  { height, width }: Pick<FrameSample, 'height' | 'width'>,
  size: number,
  top: number,
  left: number,
): PatchGrid {
  const [rows, columns] = [Math.floor((height - top) / size), Math.floor((width - left) / size)];
  return { size, top, left, rows, columns };
}
