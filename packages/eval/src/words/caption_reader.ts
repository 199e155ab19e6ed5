import type { CellRect, RecordedCaption } from '@snowglobe/model';
import { clausesOf } from '@snowglobe/model/internal';
import { Matrix, solve } from 'ml-matrix';

/** A frame of which something is said, as codes of its cells. */
export interface ReadFrame {
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

/** Finds what captions mean in recordings whose captions list things, so that frames can be held against sentences. */
export interface CaptionReader {
  /** Things that a sentence asks for. */
  asked(sentence: string): Asked[];
  /** Whether a frame shows it, and whether in the number and direction that are asked for. */
  shows(codes: Int32Array, asked: Asked): { readonly there: boolean; readonly right: boolean };
  /** Cells that show what no recording shows there. */
  stray(codes: Int32Array): number;
}

/** Weight on small coefficients, so that codes that are always seen together do not cancel each other. */
const ridge = 0.05;
/** Occurrences from which a phrase, a code's places are believed. */
const enough = 5;

export function captionReader(frames: readonly ReadFrame[], grid: Grid): CaptionReader {
  const shownBy = codesOfThings(frames, grid);
  const directions = directionsOf(frames, shownBy, grid);
  const phrases = phrasesOf(frames, directions);
  const strays = strayFinder(frames, grid);
  return {
    asked: (sentence) =>
      clausesOf(sentence).flatMap((clause): Asked[] => {
        const said = phrases.get(keyOf(clause, directions));
        return said ? [{ ...said, direction: clause.find((word) => directions.has(word)) }] : [];
      }),
    shows(codes, { thing, least, direction }) {
      const cells = cellsOf(codes, shownBy.get(thing)!, grid);
      const there = cells.length >= 1;
      const toward = direction === undefined ? undefined : directions.get(direction);
      const isThere =
        cells.reduce((sum, [x, y]) => sum + (toward ? x * toward[0] + y * toward[1] : 0), 0) > 0;
      return { there, right: cells.length >= least && (toward === undefined || isThere) };
    },
    stray: strays,
  };
}

const inView = ({ view: { top, left, rows, columns }, columns: across }: Grid, cell: number): boolean => {
  if (rows === 0 || columns === 0) return true;
  const [row, column] = [Math.floor(cell / across) - top, (cell % across) - left];
  return row >= 0 && row < rows && column >= 0 && column < columns;
};

/** Which codes show a thing: counts of things are sums of counts of codes (least squares). */
function codesOfThings(frames: readonly ReadFrame[], grid: Grid): Map<string, Set<number>> {
  const names = [...new Set(frames.flatMap(({ caption }) => Object.keys(caption.things ?? {})))];
  const listed = frames.filter(({ caption }) => caption.things);
  const counts = listed.map(({ codes }) => {
    const row = new Float64Array(grid.count);
    codes.forEach((code, cell) => {
      if (inView(grid, cell)) row[code]!++;
    });
    return row;
  });
  const used = Array.from({ length: grid.count }, (_, code) => code).filter((code) =>
    counts.some((row) => row[code]! > 0),
  );
  const squares = Matrix.zeros(used.length, used.length);
  const products = Matrix.zeros(used.length, names.length);
  counts.forEach((row, n) => {
    const there = used.flatMap((code, i) => (row[code]! > 0 ? [[i, row[code]!] as const] : []));
    const said = listed[n]!.caption.things!;
    for (const [i, count] of there) {
      for (const [j, other] of there) squares.set(i, j, squares.get(i, j) + count * other);
      names.forEach((name, t) => products.set(i, t, products.get(i, t) + count * (said[name]?.[0] ?? 0)));
    }
  });
  for (let i = 0; i < used.length; i++) squares.set(i, i, squares.get(i, i) + ridge);
  const weights = solve(squares, products);
  return new Map(
    names.map((name, t) => [name, new Set(used.filter((_, i) => weights.get(i, t) > 0.5))] as const),
  );
}

/** Cells that show a thing, from the middle of the view: columns to the right, rows down. */
function cellsOf(codes: Int32Array, shown: ReadonlySet<number>, grid: Grid): (readonly [number, number])[] {
  const { view, columns, rows } = grid;
  const whole = view.rows === 0 ? { top: 0, left: 0, rows, columns } : view;
  return [...codes.keys()].flatMap((cell): (readonly [number, number])[] => {
    if (!shown.has(codes[cell]!) || !inView(grid, cell)) return [];
    const x = (cell % columns) - whole.left - (whole.columns - 1) / 2;
    const y = Math.floor(cell / columns) - whole.top - (whole.rows - 1) / 2;
    return [[x, y]];
  });
}

/** Where words of direction point: the mean place of what captions say is there. */
function directionsOf(
  frames: readonly ReadFrame[],
  shownBy: ReadonlyMap<string, ReadonlySet<number>>,
  grid: Grid,
): Map<string, readonly [number, number]> {
  const sums = new Map<string, [number, number]>();
  for (const { codes, caption } of frames) {
    for (const [name, [, direction]] of Object.entries(caption.things ?? {})) {
      if (direction === '') continue;
      const sum = sums.get(direction) ?? [0, 0];
      for (const [x, y] of cellsOf(codes, shownBy.get(name)!, grid)) {
        sum[0] += x;
        sum[1] += y;
      }
      sums.set(direction, sum);
    }
  }
  return new Map(
    [...sums].flatMap(([direction, [x, y]]) => {
      const length = Math.hypot(x, y);
      return length > 0 ? [[direction, [x / length, y / length]] as const] : [];
    }),
  );
}

/** Words of a clause but those of direction. */
const keyOf = (clause: readonly string[], directions: ReadonlyMap<string, unknown>): string =>
  clause.filter((word) => !directions.has(word)).join(' ');

/** What phrases mean: the thing that is always there when they are said, and least often otherwise; and in how many cells at least. */
function phrasesOf(
  frames: readonly ReadFrame[],
  directions: ReadonlyMap<string, unknown>,
): Map<string, Omit<Asked, 'direction'>> {
  const listed = frames.filter(({ caption }) => caption.things && caption.sentence !== undefined);
  const shares = new Map<string, number>();
  const said = new Map<
    string,
    { times: number; readonly least: Map<string, { times: number; least: number }> }
  >();
  for (const { caption } of listed) {
    const things = Object.entries(caption.things!);
    for (const [name] of things) shares.set(name, (shares.get(name) ?? 0) + 1 / listed.length);
    for (const key of new Set(clausesOf(caption.sentence!).map((clause) => keyOf(clause, directions)))) {
      const phrase = said.get(key) ?? { times: 0, least: new Map() };
      phrase.times++;
      for (const [name, [count]] of things) {
        const known = phrase.least.get(name) ?? { times: 0, least: Infinity };
        phrase.least.set(name, { times: known.times + 1, least: Math.min(known.least, count) });
      }
      said.set(key, phrase);
    }
  }
  const meanings = new Map<string, Omit<Asked, 'direction'>>();
  for (const [key, { times, least }] of said) {
    // Also a phrase that means nothing is said beside what is nearly everywhere.
    const always = [...least].filter(
      ([name, known]) => known.times === times && times >= enough && shares.get(name)! ** times < 0.01,
    );
    const [best] = always.sort(([a], [b]) => shares.get(a)! - shares.get(b)!);
    if (best) meanings.set(key, { thing: best[0], least: best[1].least });
  }
  return meanings;
}

/** Counts cells that show a code which was seen often, and in no such cell: those of the view are alike, others stand alone. */
function strayFinder(frames: readonly ReadFrame[], grid: Grid): (codes: Int32Array) => number {
  const seen = Array.from({ length: grid.count }, () => new Map<number, number>());
  for (const { codes } of frames) {
    codes.forEach((code, cell) => seen[code]!.set(cell, (seen[code]!.get(cell) ?? 0) + 1));
  }
  const isStray = (code: number, cell: number): boolean => {
    const places = [...seen[code]!];
    const times = places.reduce((sum, [, count]) => sum + count, 0);
    if (times < enough) return false;
    // What was always in one place, as what is controlled, belongs there.
    if (places.length === 1) return places[0]![0] !== cell;
    const isIn = inView(grid, cell);
    return places.every(([place]) => inView(grid, place) !== isIn);
  };
  return (codes) => codes.reduce((sum, code, cell) => sum + (isStray(code, cell) ? 1 : 0), 0);
}
