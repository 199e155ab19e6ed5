/** How the view moved from one frame to the next, seen in the grounds alone: things move by themselves. */
import type { GameState } from './game_state.js';
import { meaningAt } from './game_state.js';
import type { Rules } from './rules.js';

export interface ViewShift {
  /** Columns and rows that the player moved. */
  readonly by: readonly [number, number];
  /** Share of the cells in both views that agree. */
  readonly agreement: number;
  /** Whether no other shift explains the view about as well, as every one does on an open meadow. */
  readonly sure: boolean;
}

/** By how much more of the cells the best shift must explain than any other. */
const margin = 0.04;
/** A view of which less agrees is another place. */
const leastAgreement = 0.6;

export function viewShift(before: GameState, after: GameState, rules: Rules): ViewShift {
  const shifts = [[0, 0] as const, ...Object.values(rules.moves).map(({ by }) => by)];
  const scored = shifts.map((by) => ({ by, agreement: agreementOf(before, after, by) }));
  // Of equals the one that stands first: standing still.
  const best = scored.reduce((top, each) => (each.agreement > top.agreement ? each : top));
  const next = Math.max(...scored.filter((each) => each !== best).map(({ agreement }) => agreement));
  return { ...best, sure: best.agreement >= leastAgreement && best.agreement - next >= margin };
}

function agreementOf(before: GameState, after: GameState, [x, y]: readonly [number, number]): number {
  const { columns, viewRows } = before.legend;
  let [all, same] = [0, 0];
  for (let row = 0; row < viewRows; row++) {
    for (let column = 0; column < columns; column++) {
      const was = meaningAt(before, { column: column + x, row: row + y });
      if (!was) continue;
      all++;
      if (was.ground === meaningAt(after, { column, row })?.ground) same++;
    }
  }
  return all === 0 ? 0 : same / all;
}
