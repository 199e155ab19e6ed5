import type { CellRect } from '../../../memory/cells.js';
import type { Motion } from '../../../memory/map/geometry.js';

/** A motion is told from the next best one by this share of the view's cells. */
const margin = 0.08;

/**
 * How much of the view each motion explains: the share of the cells that both frames show which are the same.
 * @param before codes (P) @param after codes (P)
 * @returns a share a motion
 */
export function explainedShares(
  before: ArrayLike<number>,
  after: ArrayLike<number>,
  { columns }: { readonly columns: number },
  { top, left, rows: height, columns: width }: CellRect,
  motions: readonly Motion[],
): number[] {
  return motions.map(([down, right]) => {
    let [same, seen] = [0, 0];
    for (let row = Math.max(0, -down); row < height - Math.max(0, down); row++) {
      const from = (top + row + down) * columns + left + right;
      const to = (top + row) * columns + left;
      for (let column = Math.max(0, -right); column < width - Math.max(0, right); column++) {
        seen++;
        if (before[from + column] === after[to + column]) same++;
      }
    }
    return seen > 0 ? same / seen : 0;
  });
}

/**
 * The motion that explains most cells of the view that both frames show.
 * @param before codes (P) @param after codes (P)
 * @returns its index, the share of the cells that it explains, and whether it is clearly better than any other
 */
export function bestMotion(
  before: ArrayLike<number>,
  after: ArrayLike<number>,
  coded: { readonly columns: number },
  view: CellRect,
  motions: readonly Motion[],
): { readonly best: number; readonly explained: number; readonly isClear: boolean } {
  let [best, most, second] = [0, -1, -1];
  explainedShares(before, after, coded, view, motions).forEach((share, motion) => {
    if (share > most) [best, most, second] = [motion, share, most];
    else if (share > second) second = share;
  });
  return { best, explained: most, isClear: most - second > margin };
}
