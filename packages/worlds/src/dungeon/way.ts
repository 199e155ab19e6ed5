import { HEADINGS } from '../headings.js';
import { DOOR, isFree } from './cells.js';
import { cellAt, indexOf } from './level.js';
import type { DungeonState } from './state.js';

/**
 * The heading of the first step of a shortest way to the nearest cell of a kind, through closed doors but not through gates; undefined
 * where no way leads there.
 */
export function headingTo({ cells, x, y }: DungeonState, kind: number): number | undefined {
  // From where one stands outward: the first heading of every cell that was reached.
  const first = new Map<number, number>();
  const waiting = [[x, y] as const];
  const here = indexOf(x, y);
  for (let next = 0; next < waiting.length; next++) {
    const [fromX, fromY] = waiting[next]!;
    const from = indexOf(fromX, fromY);
    for (const [heading, [dx, dy]] of HEADINGS.entries()) {
      const [toX, toY] = [fromX + dx, fromY + dy];
      const cell = cellAt(cells, toX, toY);
      const started = from === here ? heading : first.get(from)!;
      if (cell === kind) return started;
      const to = indexOf(toX, toY);
      if (to === here || first.has(to) || !(isFree(cell) || cell === DOOR)) continue;
      first.set(to, started);
      waiting.push([toX, toY]);
    }
  }
  return undefined;
}

/** Which way to turn to face a heading: the difference in quarter turns to the right, 0 to 3. */
export const quarterTurns = (from: number, to: number): number => (to - from + 4) % 4;
