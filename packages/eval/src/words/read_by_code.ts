import { Matrix, solve } from 'ml-matrix';
import type { Grid, ReadFrame, ThingReader } from './reading.js';
import { inView } from './reading.js';

/** Weight on small coefficients, so that codes that are always seen together do not cancel each other. */
const ridge = 0.05;

/**
 * For views from above and from the side: a thing has codes of its own, wherever it is, and is as many as the cells that show them. Where
 * they are tells the direction.
 */
export function readByCode(frames: readonly ReadFrame[], grid: Grid): ThingReader {
  const shownBy = codesOfThings(frames, grid);
  const directions = directionsOf(frames, shownBy, grid);
  return {
    directions: new Set(directions.keys()),
    shows(codes, { thing, least, direction }) {
      const cells = cellsOf(codes, shownBy.get(thing) ?? new Set(), grid);
      const toward = direction === undefined ? undefined : directions.get(direction);
      const isThere =
        cells.reduce((sum, [x, y]) => sum + (toward ? x * toward[0] + y * toward[1] : 0), 0) > 0;
      return {
        there: cells.length >= 1,
        right: cells.length >= least && (toward === undefined || isThere),
      };
    },
  };
}

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
