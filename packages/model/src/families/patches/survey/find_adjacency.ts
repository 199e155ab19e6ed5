import type { AdjacencyConfig } from '../config/adjacency.js';
import { mostAdjacent, packPairs } from '../config/adjacency.js';
import type { PatchesConfig } from '../config/config.js';
import { cellCount, wholeView } from '../config/config.js';
import type { CodedRecordings } from './label_motions.js';

/** Shapes: K patches. */

/** A side of a patch is known where at most so large a share of what was seen there was seen there once: as likely is something new (Good 1953). */
const mostNew = 0.02;
/** … and something was seen there so many times at least, or never: such as beside patches that stand outside the view. */
const leastSeen = 10;
/** Frames below which nothing is known. */
const leastFrames = 50;

/**
 * Which patches go beside which in the view: those that were seen so, and those of which too little was seen to say.
 * @returns undefined where that is all of them, there are too few frames or too many patches
 */
export function findAdjacency(
  { clips, columns }: CodedRecordings,
  config: Pick<PatchesConfig, 'codebook' | 'grid' | 'height' | 'view' | 'width'>,
): AdjacencyConfig | undefined {
  const { codebook } = config;
  if (codebook > mostAdjacent) return undefined;
  const cells = cellCount(config);
  if (clips.reduce((sum, clip) => sum + clip.length / cells, 0) < leastFrames) return undefined;
  const { top, left, rows, columns: width } = wholeView(config);
  const [right, below] = [new Uint32Array(codebook ** 2), new Uint32Array(codebook ** 2)];
  for (const clip of clips) {
    for (let first = 0; first < clip.length; first += cells) {
      for (let row = top; row < top + rows; row++) {
        for (let column = left; column < left + width; column++) {
          const cell = first + row * columns + column;
          const pairs = clip[cell]! * codebook;
          if (column + 1 < left + width) right[pairs + clip[cell + 1]!]!++;
          if (row + 1 < top + rows) below[pairs + clip[cell + columns]!]!++;
        }
      }
    }
  }
  const [goesRight, goesBelow] = [mayGo(right, codebook), mayGo(below, codebook)];
  if (goesRight.every(Boolean) && goesBelow.every(Boolean)) return undefined;
  return { right: packPairs(goesRight), below: packPairs(goesBelow) };
}

/** (K, K): 0 for pairs that were never seen though both patches' sides are known, 1 for all others. */
function mayGo(times: Uint32Array, codebook: number): Uint8Array {
  const isKnown = (at: (other: number) => number): boolean => {
    let [all, once] = [0, 0];
    for (let other = 0; other < codebook; other++) {
      const count = times[at(other)]!;
      all += count;
      once += +(count === 1);
    }
    return all === 0 || (all >= leastSeen && once <= mostNew * all);
  };
  const codes = Array.from({ length: codebook }, (_, code) => code);
  const ahead = codes.map((code) => isKnown((other) => code * codebook + other));
  const behind = codes.map((code) => isKnown((other) => other * codebook + code));
  return Uint8Array.from(times, (count, pair) =>
    count === 0 && ahead[Math.floor(pair / codebook)]! && behind[pair % codebook]! ? 0 : 1,
  );
}
