import type { LabelledTransitions } from './labelled.js';
import { forLabelled } from './labelled.js';

/** Share of the moves in which the controlled cell must stay as it is although the view scrolls. */
const leastStill = 0.2;

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
