import type { CellRect } from '../../../memory/cells.js';
import type { Motion } from '../../../memory/map/geometry.js';
import { bestMotion } from '../motion/best_motion.js';

/** Shapes: T frames of a clip, P cells. */

/** Clips as codes: (T, P) each. */
export interface CodedClips {
  readonly rows: number;
  readonly columns: number;
  readonly clips: readonly Int16Array[];
}

export interface FoundMotion {
  /** Cells that scroll; of no size where nothing does. */
  readonly view: CellRect;
  /** The first is none. */
  readonly motions: readonly Motion[];
}

/** Shifts that are tried, in cells each way. */
const farthest = 2;
/** Motions that are rarer than this among those that are clear are none. */
const leastShare = 0.002;
/** Transitions that are looked at. */
const mostTransitions = 20_000;

const noView: CellRect = { top: 0, left: 0, rows: 0, columns: 0 };

/**
 * Finds which cells scroll, and by which motions, without labels: a motion is a shift that explains far more cells of the next frame than
 * any other, and a cell scrolls where shifts explain it and standing still does not.
 */
export function findMotion(coded: CodedClips): FoundMotion {
  const tried: Motion[] = [];
  for (let down = -farthest; down <= farthest; down++) {
    for (let right = -farthest; right <= farthest; right++) tried.push([down, right]);
  }
  tried.sort(([a, b], [c, d]) => Math.abs(a) + Math.abs(b) - Math.abs(c) - Math.abs(d));
  let view: CellRect = { top: 0, left: 0, rows: coded.rows, columns: coded.columns };
  for (let round = 0; round < 3; round++) {
    const found = scrollingCells(coded, view, tried);
    if (!found) return { view: noView, motions: [[0, 0]] };
    if (JSON.stringify(found) === JSON.stringify(view)) break;
    view = found;
  }
  const counts = new Float64Array(tried.length);
  let clear = 0;
  forTransitions(coded, (before, after) => {
    const { best, isClear } = bestMotion(before, after, coded, view, tried);
    if (!isClear) return;
    counts[best]!++;
    clear++;
  });
  const motions = tried.filter((_, i) => i === 0 || counts[i]! >= leastShare * clear);
  return motions.length === 1 ? { view: noView, motions } : { view, motions };
}

/** Calls back with some transitions, evenly spread. */
function forTransitions(
  { rows, columns, clips }: CodedClips,
  visit: (before: Int16Array, after: Int16Array) => void,
): void {
  const cells = rows * columns;
  const total = clips.reduce((sum, clip) => sum + clip.length / cells - 1, 0);
  const stride = Math.max(1, Math.ceil(total / mostTransitions));
  let at = 0;
  for (const clip of clips) {
    for (let t = 0; t + 1 < clip.length / cells; t++) {
      if (at++ % stride !== 0) continue;
      visit(clip.subarray(t * cells, (t + 1) * cells), clip.subarray((t + 1) * cells, (t + 2) * cells));
    }
  }
}

/** The rectangle of cells that shifts explain better than standing still; undefined where there is none. */
function scrollingCells(coded: CodedClips, view: CellRect, tried: readonly Motion[]): CellRect | undefined {
  const { rows, columns } = coded;
  const [byShift, byStill] = [new Float64Array(rows * columns), new Float64Array(rows * columns)];
  forTransitions(coded, (before, after) => {
    const { best, isClear } = bestMotion(before, after, coded, view, tried);
    if (!isClear || best === 0) return;
    const [down, right] = tried[best]!;
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const [y, x] = [row + down, column + right];
        if (y < 0 || y >= rows || x < 0 || x >= columns) continue;
        const code = after[row * columns + column];
        const moved = before[y * columns + x] === code;
        const still = before[row * columns + column] === code;
        if (moved && !still) byShift[row * columns + column]!++;
        if (still && !moved) byStill[row * columns + column]!++;
      }
    }
  });
  const scrolls = (row: number, column: number): boolean =>
    byShift[row * columns + column]! > byStill[row * columns + column]!;
  const range = (length: number): number[] => Array.from({ length }, (_, i) => i);
  const half = (cells: readonly boolean[]): boolean => 2 * cells.filter(Boolean).length > cells.length;
  // Rows and columns most of whose cells scroll: the controlled thing in the middle does not, and is within them.
  const inRows = range(rows).filter((row) => half(range(columns).map((column) => scrolls(row, column))));
  const inColumns = range(columns).filter((column) => half(inRows.map((row) => scrolls(row, column))));
  if (inRows.length < 2 || inColumns.length < 2) return undefined;
  const [top, left] = [inRows[0]!, inColumns[0]!];
  return { top, left, rows: inRows.at(-1)! - top + 1, columns: inColumns.at(-1)! - left + 1 };
}
