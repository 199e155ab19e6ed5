import type { CellRect } from '../../../memory/cells.js';
import { isWithin } from '../../../memory/cells.js';
import type { Label } from '../../../recordings.js';
import type { MapConfig } from '../config/config.js';
import { cellCount } from '../config/config.js';
import { findControlledCell } from '../motion/controlled_cell.js';
import type { CodedRecordings, MotionLabels } from './label_motions.js';

/** Cells on each side of what is controlled, beside as many as the view moves at once: what it bumps into has a size, and so has it. */
const margin = 2;
/** Cells that stand still, such as a speed that is shown below the view, at most, … */
const mostStill = 4;
/** … each of which tells so much more of the motion, in bits. */
const leastBits = 0.02;

/**
 * The cells that tell how the view will move: those around what is controlled, and of those beyond the view the few that tell most, such as a
 * speed or a stamina. Undefined where nothing is controlled that stays in its cell while the view scrolls.
 *
 * @param actions between the frames of all clips in a row
 */
export function findSight(
  { clips, columns }: CodedRecordings,
  labels: MotionLabels,
  actions: readonly Label[],
  config: Pick<MapConfig, 'grid' | 'height' | 'motions' | 'view' | 'width'>,
): readonly number[] | undefined {
  const cells = cellCount(config);
  const { view, motions } = config;
  const controlled = findControlledCell({ clips, cells, columns, view, motions, labels });
  if (controlled === undefined) return undefined;
  const near = windowAround(controlled, margin + Math.max(...motions.flat().map(Math.abs)), view, columns);
  const still = Array.from({ length: cells }, (_, cell) => cell).filter(
    (cell) => !isWithin(view, Math.floor(cell / columns), cell % columns),
  );
  return [...near, ...mostTelling({ clips, cells, labels, actions }, still)].sort((a, b) => a - b);
}

function windowAround(cell: number, reach: number, view: CellRect, columns: number): number[] {
  const [row, column] = [Math.floor(cell / columns), cell % columns];
  const side = Array.from({ length: 2 * reach + 1 }, (_, i) => i - reach);
  return side
    .flatMap((down) => side.map((right) => [row + down, column + right] as const))
    .filter(([y, x]) => isWithin(view, y, x))
    .map(([y, x]) => y * columns + x);
}

interface Told {
  readonly clips: readonly Int16Array[];
  readonly cells: number;
  readonly labels: MotionLabels;
  readonly actions: readonly Label[];
}

/** One cell after the other, each the one that leaves the least doubt about the motion beside the action and those before. */
function mostTelling({ clips, cells, labels, actions }: Told, among: readonly number[]): number[] {
  const frames = clips.flatMap((clip) =>
    Array.from({ length: clip.length / cells - 1 }, (_, t) => clip.subarray(t * cells, (t + 1) * cells)),
  );
  const clear = [...frames.keys()].filter((n) => labels.isClear[n] === 1);
  /** What is known of each transition, as a number. */
  let known = clear.map((n) => (actions[n] ?? -1) + 1);
  let doubt = bitsOfMotion(known, clear, labels);
  const chosen: number[] = [];
  while (chosen.length < mostStill) {
    let best: { readonly cell: number; readonly doubt: number; readonly known: number[] } | undefined;
    for (const cell of among) {
      const more = numbered(
        known,
        clear.map((n) => frames[n]![cell]!),
      );
      const left = bitsOfMotion(more, clear, labels);
      if (left < (best?.doubt ?? doubt - leastBits)) best = { cell, doubt: left, known: more };
    }
    if (!best) break;
    chosen.push(best.cell);
    ({ doubt, known } = best);
  }
  return chosen;
}

/** A number for each pair of numbers. */
function numbered(a: readonly number[], b: readonly number[]): number[] {
  const numbers = new Map<number, number>();
  return a.map((each, i) => {
    const pair = each * 2 ** 16 + b[i]!;
    const number = numbers.get(pair) ?? numbers.size;
    numbers.set(pair, number);
    return number;
  });
}

/** Conditional entropy of the motion, given what is known; counts of one tell nothing, so they are left in doubt (Miller and Madow's correction). */
function bitsOfMotion(known: readonly number[], clear: readonly number[], { motions }: MotionLabels): number {
  const counts = new Map<number, Map<number, number>>();
  known.forEach((each, i) => {
    const of = counts.get(each) ?? new Map<number, number>();
    counts.set(each, of);
    const motion = motions[clear[i]!]!;
    of.set(motion, (of.get(motion) ?? 0) + 1);
  });
  let nats = 0;
  for (const of of counts.values()) {
    const total = [...of.values()].reduce((a, b) => a + b);
    for (const count of of.values()) nats -= count * Math.log(count / total);
    nats += (of.size - 1) / 2;
  }
  return nats / Math.LN2 / Math.max(1, known.length);
}
