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

/** What is known of a cell of the next frame: never seen, seen earlier, or in the last frame. */
export const freshness = { never: 0, earlier: 1, last: 2 } as const;
