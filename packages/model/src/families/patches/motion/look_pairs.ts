import { bestMotion } from './best_motion.js';
import type { LabelledTransitions } from './labelled.js';

/** A motion that explains less of the view than this leaves a cut, or another look of all that is in view. */
const leastExplained = 0.25;
/** Times that two patches must follow each other, and their share among all that follow either. */
const [leastTimes, leastShare] = [4, 0.5];

/** Whether everything in view changed, whatever the motion. */
export const isOtherLook = (explained: number): boolean => explained < leastExplained;

/**
 * Games show all that is in view in another look from one frame to the next, in sleep or at night, and whoever compares patches sees nothing that
 * stayed. Which patches are two looks of one thing is told by those changes: at the same place of the view, each follows the other more often than
 * anything else does.
 *
 * @returns by code, the one that stands for both looks; itself for most
 */
export function findLookPairs({
  clips,
  cells,
  columns,
  view,
  motions,
}: Omit<LabelledTransitions, 'labels'>): Int16Array {
  const { top, left, rows, columns: width } = view;
  const most = clips.reduce((code, clip) => clip.reduce((a, b) => Math.max(a, b), code), 0);
  const times = new Map<number, number>();
  const key = (a: number, b: number): number => Math.min(a, b) * (most + 1) + Math.max(a, b);
  const totals = new Float64Array(most + 1);
  for (const clip of clips) {
    for (let t = 0; (t + 2) * cells <= clip.length; t++) {
      const [before, after] = [t, t + 1].map((frame) => clip.subarray(frame * cells, (frame + 1) * cells));
      const { explained } = bestMotion(before!, after!, { columns }, view, motions);
      if (!isOtherLook(explained)) continue;
      for (let row = top; row < top + rows; row++) {
        for (let cell = row * columns + left; cell < row * columns + left + width; cell++) {
          const [a, b] = [before![cell]!, after![cell]!];
          if (a === b) continue;
          times.set(key(a, b), (times.get(key(a, b)) ?? 0) + 1);
          totals[a]!++;
          totals[b]!++;
        }
      }
    }
  }
  const canonical = Int16Array.from({ length: most + 1 }, (_, code) => code);
  for (const [pair, count] of times) {
    const [a, b] = [Math.floor(pair / (most + 1)), pair % (most + 1)];
    if (count >= leastTimes && count >= leastShare * Math.max(totals[a]!, totals[b]!)) canonical[b] = a;
  }
  return canonical;
}
