import type { CellRect } from '../../../memory/cells.js';
import { entropyBits } from '../../../actions/information.js';
import { isWithin } from '../../../memory/cells.js';
import type { Label } from '../../../recordings.js';
import type { MapConfig } from '../config/config.js';
import { cellCount } from '../config/config.js';
import { findControlledCell } from '../motion/controlled_cell.js';
import type { LabelledTransitions } from '../motion/labelled.js';
import { forLabelled } from '../motion/labelled.js';
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
  const recorded: LabelledTransitions = { clips, cells, columns, view, motions, labels };
  const controlled = findControlledCell(recorded);
  if (controlled === undefined) return undefined;
  const near = windowAround(controlled, margin + Math.max(...motions.flat().map(Math.abs)), view, columns);
  const still = Array.from({ length: cells }, (_, cell) => cell).filter(
    (cell) => !isWithin(view, Math.floor(cell / columns), cell % columns),
  );
  return [...near, ...mostTelling(recorded, actions, still)].sort((a, b) => a - b);
}

function windowAround(cell: number, reach: number, view: CellRect, columns: number): number[] {
  const [row, column] = [Math.floor(cell / columns), cell % columns];
  const side = Array.from({ length: 2 * reach + 1 }, (_, i) => i - reach);
  return side
    .flatMap((down) => side.map((right) => [row + down, column + right] as const))
    .filter(([y, x]) => isWithin(view, y, x))
    .map(([y, x]) => y * columns + x);
}

/** One cell after the other, each the one that leaves the least doubt about the motion beside the action and those before. */
function mostTelling(
  recorded: LabelledTransitions,
  actions: readonly Label[],
  among: readonly number[],
): number[] {
  const clear: { readonly before: Int16Array; readonly motion: number; readonly action: number }[] = [];
  forLabelled(recorded, (before, _, motion, isClear, n) => {
    if (isClear) clear.push({ before, motion, action: actions[n] ?? -1 });
  });
  const motions = clear.map(({ motion }) => motion);
  /** What is known of each transition, as a number. */
  let known = clear.map(({ action }) => action + 1);
  let doubt = bitsLeft(known, motions);
  const chosen: number[] = [];
  while (chosen.length < mostStill) {
    let best: { readonly cell: number; readonly doubt: number; readonly known: number[] } | undefined;
    for (const cell of among) {
      const more = numbered(
        known,
        clear.map(({ before }) => before[cell]!),
      );
      const left = bitsLeft(more, motions);
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

/** Conditional entropy of the motions, given what is known; counts of one tell nothing, so they are left in doubt (Miller and Madow's correction). */
function bitsLeft(known: readonly number[], motions: readonly number[]): number {
  const counts = new Map<number, Map<number, number>>();
  known.forEach((each, i) => {
    const of = counts.get(each) ?? new Map<number, number>();
    counts.set(each, of);
    of.set(motions[i]!, (of.get(motions[i]!) ?? 0) + 1);
  });
  let bits = 0;
  for (const of of counts.values()) {
    const times = [...of.values()];
    bits += times.reduce((a, b) => a + b) * entropyBits(times) + (of.size - 1) / (2 * Math.LN2);
  }
  return bits / Math.max(1, known.length);
}
