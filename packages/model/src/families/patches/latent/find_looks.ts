import type { Motion } from '../../../memory/map/geometry.js';
import type { LabelledTransitions } from '../motion/labelled.js';
import { forLabelled } from '../motion/labelled.js';
import type { Look } from '../config/latent_actions.js';

/** Neighbours that may be faced: down and right. */
const beside: readonly Motion[] = [
  [-1, 0],
  [1, 0],
  [0, -1],
  [0, 1],
];
/** A faced cell changes so much more often than the next one, in standard deviations and by this factor. */
const [leastDeviations, leastFactor] = [3, 2];

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
