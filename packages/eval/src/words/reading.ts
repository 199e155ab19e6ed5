import type { CellRect, RecordedCaption } from '@snowglobe/model';

/** A frame of which something is said, as codes of its cells. */
export interface ReadFrame {
  /** The clip that it is of. */
  readonly clip: number;
  /** (rows, columns) */
  readonly codes: Int32Array;
  readonly caption: RecordedCaption;
}

export interface Grid {
  readonly rows: number;
  readonly columns: number;
  /** Codes: 0 … count − 1. */
  readonly count: number;
  readonly view: CellRect;
}

/** What a clause asks for. */
export interface Asked {
  readonly thing: string;
  /** Cells that show it at least, where recordings say so. */
  readonly least: number;
  /** Where it is from the middle; undefined where nothing is said of that. */
  readonly direction: string | undefined;
}

/** Whether a frame shows a thing, and whether in the number and direction that are asked for. */
export interface Shown {
  readonly there: boolean;
  readonly right: boolean;
}

/** Sees in codes what captions list. */
export interface ThingReader {
  /** Words of direction that it knows. */
  readonly directions: ReadonlySet<string>;
  shows(codes: Int32Array, asked: Asked): Shown;
}

/** Occurrences from which a phrase, a code's places are believed. */
export const enough = 5;

export const inView = (
  { view: { top, left, rows, columns }, columns: across }: Grid,
  cell: number,
): boolean => {
  if (rows === 0 || columns === 0) return true;
  const [row, column] = [Math.floor(cell / across) - top, (cell % across) - left];
  return row >= 0 && row < rows && column >= 0 && column < columns;
};
