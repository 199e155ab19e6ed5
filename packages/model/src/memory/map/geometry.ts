import type { CellRect } from '../cells.js';
import { cellsOf, isWithin } from '../cells.js';

/**
 * A map memory: what was seen where, in a world whose view scrolls by whole cells over a plane (seen from above, or from the
 * side). The map is egocentric: the view stands in the middle of a canvas that is shifted by how the view moved in every frame, so
 * that places are known by dead reckoning and nothing has to be counted. What leaves the canvas is forgotten.
 */

/** How the view moved from one frame to the next, in cells: down and right. */
export type Motion = readonly [rows: number, columns: number];

export interface MapGeometry {
  /** Cells of a frame. */
  readonly frame: { readonly rows: number; readonly columns: number };
  /** The cells of a frame that scroll; the others stand still, as an inventory does. */
  readonly view: CellRect;
  /** Motions by index; the first is none. */
  readonly motions: readonly Motion[];
  /** Cells of the canvas, at least those of the view. */
  readonly canvas: { readonly rows: number; readonly columns: number };
}

/**
 * For each motion, where things come from. Sources are counted through the cells of the last frame (P), then those of the canvas (C)
 * before the shift; P + C is a place that was never seen. P cells of a frame, C of the canvas, M motions.
 */
export interface MapTables {
  /** (M, P): what the map shows at each cell of the next frame. */
  readonly hint: Int32Array;
  /** (M, C): the canvas after the last frame was drawn into it and it was shifted. */
  readonly canvas: Int32Array;
  /** (M, P): 1 where a cell of the next frame was in the last one. */
  readonly isInView: Int32Array;
}

/** Where the view stands in the canvas: in its middle. */
export const mapWindow = (view: CellRect, canvas: MapGeometry['canvas']): CellRect => ({
  ...view,
  top: Math.floor((canvas.rows - view.rows) / 2),
  left: Math.floor((canvas.columns - view.columns) / 2),
});

export function mapTables({ frame, view, motions, canvas }: MapGeometry): MapTables {
  const [cells, places] = [cellsOf(frame), cellsOf(canvas)];
  const window = mapWindow(view, canvas);
  /** What stands at a place of the canvas, now that the last frame was drawn into it. */
  const sourceAt = (row: number, column: number): number => {
    if (isWithin(window, row, column)) {
      const [y, x] = [row - window.top + view.top, column - window.left + view.left];
      return y * frame.columns + x;
    }
    if (isWithin({ top: 0, left: 0, ...canvas }, row, column)) return cells + row * canvas.columns + column;
    return cells + places;
  };
  const hint = new Int32Array(motions.length * cells);
  const isInView = new Int32Array(motions.length * cells);
  const shifted = new Int32Array(motions.length * places);
  motions.forEach(([down, right], motion) => {
    for (let cell = 0; cell < cells; cell++) {
      const [row, column] = [Math.floor(cell / frame.columns), cell % frame.columns];
      const source = isWithin(view, row, column)
        ? sourceAt(row - view.top + window.top + down, column - view.left + window.left + right)
        : cell;
      hint[motion * cells + cell] = source;
      isInView[motion * cells + cell] = source < cells ? 1 : 0;
    }
    for (let place = 0; place < places; place++) {
      const [row, column] = [Math.floor(place / canvas.columns), place % canvas.columns];
      shifted[motion * places + place] = sourceAt(row + down, column + right);
    }
  });
  return { hint, canvas: shifted, isInView };
}

/** Frames over which the age of a cell is told exactly; older ones are all of this age. */
export const oldestAge = 63;
