import { isInside, ownAndBeside } from '../../../memory/cells.js';
import type { MapConfig } from '../config/config.js';
import { cellCount, wholeView } from '../config/config.js';
import { forLabelled } from '../motion/labelled.js';
import type { CodedRecordings, MotionLabels } from './label_motions.js';

/** Times that a thing has to be seen, and the share of them after which it may be gone: what is hidden for a moment, or read wrong. */
const leastSeen = 500;
const mostVanished = 0.01;

/**
 * The kinds of movers, by index, of which none vanishes within the view: a frame later there is one of its kind where it was, or beside that. Things
 * whose places are not all in both views are not counted.
 */
export function findLasting(
  { clips, columns }: CodedRecordings,
  labels: MotionLabels,
  config: Pick<MapConfig, 'codebook' | 'grid' | 'height' | 'motions' | 'view' | 'width'>,
  movers: readonly (readonly number[])[],
): number[] {
  const cells = cellCount(config);
  const view = wholeView(config);
  const kindOf = new Int16Array(config.codebook).fill(-1);
  movers.forEach((codes, kind) => codes.forEach((code) => (kindOf[code] = kind)));
  const [seen, vanished] = [new Float64Array(movers.length), new Float64Array(movers.length)];
  const recorded = { clips, cells, columns, view, motions: config.motions, labels };
  forLabelled(recorded, (last, next, motion, isClear) => {
    if (!isClear) return;
    const [down, right] = config.motions[motion]!;
    for (let cell = 0; cell < cells; cell++) {
      const kind = kindOf[last[cell]!]!;
      if (kind < 0) continue;
      const [row, column] = [Math.floor(cell / columns), cell % columns];
      const [nowRow, nowColumn] = [row - down, column - right];
      if (!isInside(view, row, column) || !isInside(view, nowRow, nowColumn)) continue;
      seen[kind]!++;
      const isThere = ownAndBeside.some(
        ([y, x]) => kindOf[next[(nowRow + y) * columns + nowColumn + x]!] === kind,
      );
      if (!isThere) vanished[kind]!++;
    }
  });
  return [...movers.keys()].filter(
    (kind) => seen[kind]! >= leastSeen && vanished[kind]! <= mostVanished * seen[kind]!,
  );
}
