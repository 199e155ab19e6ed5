/** A rectangle of cells. */
export interface CellRect {
  readonly top: number;
  readonly left: number;
  readonly rows: number;
  readonly columns: number;
}

export const cellsOf = ({ rows, columns }: { readonly rows: number; readonly columns: number }): number =>
  rows * columns;

export const isWithin = ({ top, left, rows, columns }: CellRect, row: number, column: number): boolean =>
  row >= top && row < top + rows && column >= left && column < left + columns;

/** A cell, and those above, below, left and right of it: rows down, columns to the right. */
export const ownAndBeside = [
  [0, 0],
  [-1, 0],
  [1, 0],
  [0, -1],
  [0, 1],
] as const;

/** Whether a cell and all beside it are within. */
export const isInside = (rect: CellRect, row: number, column: number): boolean =>
  ownAndBeside.every(([down, right]) => isWithin(rect, row + down, column + right));

/** What is known of a cell of the next frame: never seen, seen earlier, or in the last frame. */
export const freshness = { never: 0, earlier: 1, last: 2 } as const;
