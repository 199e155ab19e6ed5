import type { FrameConfig } from '../../../family/frame.js';
import type { MapGeometry, Motion } from '../../../memory/map/geometry.js';
import type { CellRect } from '../../../memory/map/geometry.js';
import type { LatentActions } from './latent_actions.js';

/**
 * A world whose frames are made of patches: a grid of squares, each of which shows one of K pictures that recur. What is between
 * two frames is a motion by whole cells, and which patch each cell shows.
 */
export interface PatchesConfig extends FrameConfig {
  /** Pixels of a patch's side, and above and left of the first one. */
  readonly grid: { readonly size: number; readonly top: number; readonly left: number };
  /** Patches of the codebook: K. */
  readonly codebook: number;
  /** Cells that scroll as the view moves; the others stand still. */
  readonly view: CellRect;
  /** Motions of the view in cells, down and right; the first is none. */
  readonly motions: readonly Motion[];
  /** Cells of the map that is remembered. */
  readonly map: { readonly rows: number; readonly columns: number };
  /** Actions: A. */
  readonly actions: number;
  /** How actions are read off video; absent where they are those of key logs. */
  readonly latentActions?: LatentActions | undefined;
  readonly dynamics: { readonly width: number; readonly layers: number; readonly heads: number };
  /** Width of the head that predicts the motion. */
  readonly motionWidth: number;
  /** Steps in which a frame's patches are sampled. */
  readonly refinementSteps: number;
}

/** Rows and columns of a frame's cells. */
export function frameCells({
  width,
  height,
  grid: { size, top, left },
}: Pick<PatchesConfig, 'grid' | 'height' | 'width'>): { readonly rows: number; readonly columns: number } {
  return { rows: Math.floor((height - top) / size), columns: Math.floor((width - left) / size) };
}

/** Cells of a frame: P. */
export function cellCount(config: Pick<PatchesConfig, 'grid' | 'height' | 'width'>): number {
  const { rows, columns } = frameCells(config);
  return rows * columns;
}

export const mapGeometry = (config: PatchesConfig): MapGeometry => ({
  frame: frameCells(config),
  view: config.view,
  motions: config.motions,
  canvas: config.map,
});

/** The pixels (S, S, 3) of a patch as one row. */
export const patchPixels = ({ grid: { size } }: Pick<PatchesConfig, 'grid'>): number => 3 * size * size;
