/** Things that move step by step, so one that stood well within the view must be near where it was. */
import type { Cell, GameState } from '../rules/game_state.js';
import { facedCell, meaningAt } from '../rules/game_state.js';
import type { Rules } from '../rules/rules.js';

interface Standing extends Cell {
  readonly thing: string;
}

/** Cells from the border of both views within which a thing cannot have come or gone in one step. */
const inside = 2;

export function lostAndDoubled(
  before: GameState,
  after: GameState,
  [x, y]: readonly [number, number],
  rules: Rules,
  action: string | undefined,
): { readonly lost: number; readonly doubled: number; readonly was: number; readonly is: number } {
  // All in the coordinates of the view before.
  const was = thingsIn(before, rules);
  const is = thingsIn(after, rules).map((each) => ({ ...each, column: each.column + x, row: each.row + y }));
  const { columns, viewRows } = before.legend;
  const within = ({ column, row }: Cell, shiftX: number, shiftY: number): boolean =>
    column - shiftX >= inside &&
    column - shiftX < columns - inside &&
    row - shiftY >= inside &&
    row - shiftY < viewRows - inside;
  const safe = (each: Cell): boolean => within(each, 0, 0) && within(each, x, y);
  const faced = facedCell(before);
  // Who hits a thing may have felled it.
  const isHit = ({ column, row }: Cell): boolean =>
    column === faced?.column && row === faced.row && rules.effects.some((effect) => effect.action === action);
  const near = (a: Standing, b: Standing): boolean =>
    a.thing === b.thing && Math.abs(a.column - b.column) + Math.abs(a.row - b.row) <= 1;
  const stood = was.filter((each) => safe(each) && !isHit(each));
  const stand = is.filter(safe);
  return {
    was: stood.length,
    is: stand.length,
    lost: stood.filter((each) => !is.some((other) => near(each, other))).length,
    doubled: stand.filter((each) => !was.some((other) => near(each, other))).length,
  };
}

function thingsIn(state: GameState, { things }: Rules): Standing[] {
  const found: Standing[] = [];
  const { columns, viewRows } = state.legend;
  for (let row = 0; row < viewRows; row++) {
    for (let column = 0; column < columns; column++) {
      const thing = meaningAt(state, { column, row })?.thing;
      if (thing !== undefined && things.includes(thing)) found.push({ column, row, thing });
    }
  }
  return found;
}
