import type { Motion } from '../../../memory/map/geometry.js';
import type { LabelledTransitions } from './labelled.js';
import { forLabelled } from './labelled.js';
import type { Look } from '../config/latent_actions.js';

/** Neighbours that may be faced: down and right. */
const beside: readonly Motion[] = [
  [-1, 0],
  [1, 0],
  [0, -1],
  [0, 1],
];
/** Share of the moves in which the controlled cell must stay as it is although the view scrolls. */
const leastStill = 0.2;
/** A faced cell changes so much more often than the next one, in standard deviations and by this factor. */
const [leastDeviations, leastFactor] = [3, 2];

/** The cell of the view that stays while the others scroll: what is controlled is seen there. */
export function findControlledCell(recorded: LabelledTransitions): number | undefined {
  const { columns, view, motions } = recorded;
  const scores = new Map<number, number>();
  let moves = 0;
  forLabelled(recorded, (before, after, motion, isClear) => {
    if (motion === 0 || !isClear) return;
    moves++;
    const [down, right] = motions[motion]!;
    for (let row = Math.max(0, -down); row < view.rows - Math.max(0, down); row++) {
      for (let column = Math.max(0, -right); column < view.columns - Math.max(0, right); column++) {
        const cell = (view.top + row) * columns + view.left + column;
        const stays = before[cell] === after[cell];
        if (stays === (before[cell + down * columns + right] === after[cell])) continue;
        scores.set(cell, (scores.get(cell) ?? 0) + (stays ? 1 : -1));
      }
    }
  });
  let [best, most] = [-1, leastStill * moves];
  for (const [cell, score] of scores) if (score > most) [best, most] = [cell, score];
  return best < 0 ? undefined : best;
}

/**
 * How what is controlled can face: while it rests and looks the same, the cell that it faces changes more often than those on its other sides,
 * because what is done is done there.
 */
export function findLooks(recorded: LabelledTransitions, cell: number): Look[] {
  const { columns, view } = recorded;
  const isInView = ([down, right]: Motion): boolean => {
    const [row, column] = [
      Math.floor(cell / columns) + down - view.top,
      (cell % columns) + right - view.left,
    ];
    return row >= 0 && row < view.rows && column >= 0 && column < view.columns;
  };
  const sides = beside.filter(isInView);
  const changes = new Map<number, Float64Array>();
  forLabelled(recorded, (before, after, motion) => {
    const patch = before[cell]!;
    if (motion !== 0 || patch !== after[cell]) return;
    let counts = changes.get(patch);
    if (!counts) changes.set(patch, (counts = new Float64Array(sides.length)));
    sides.forEach(([down, right], side) => {
      const at = cell + down * columns + right;
      if (before[at] !== after[at]) counts[side]!++;
    });
  });
  const patches: number[][] = sides.map(() => []);
  for (const [patch, counts] of [...changes].sort(([a], [b]) => a - b)) {
    const [first, second] = [...counts].sort((a, b) => b - a) as [number, number | undefined];
    const next = second ?? 0;
    const isFaced =
      first - next >= leastDeviations * Math.sqrt(first + next + 1) && first >= leastFactor * next;
    if (isFaced) patches[counts.indexOf(first)]!.push(patch);
  }
  return sides.flatMap((facing, side) =>
    patches[side]!.length > 0 ? [{ facing, patches: patches[side]! }] : [],
  );
}
