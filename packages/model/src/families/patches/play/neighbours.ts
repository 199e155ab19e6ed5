import { isWithin } from '../../../memory/cells.js';
import { unpackPairs } from '../config/adjacency.js';
import type { WithAdjacency } from '../config/config.js';
import { frameCells, wholeView } from '../config/config.js';

/** Shapes: P cells, K patches, D sides. */

/** Logits that a neighbour takes from patches never seen beside it: few of them come, and what the network is sure of stays. */
const penalty = 6;

/** Left, right, above, below: rows down and columns right. */
export const sides = [
  [0, -1],
  [0, 1],
  [-1, 0],
  [1, 0],
] as const;

/** The cell on a side of a cell of the view; undefined where there is none in the view. */
export function neighbourOf(
  cell: number,
  [down, right]: (typeof sides)[number],
  config: WithAdjacency,
): number | undefined {
  const { columns } = frameCells(config);
  const view = wholeView(config);
  const [row, column] = [Math.floor(cell / columns), cell % columns];
  const isPair = isWithin(view, row, column) && isWithin(view, row + down, column + right);
  return isPair ? (row + down) * columns + column + right : undefined;
}

/** (D·K + 1, K): what a patch on a side of a cell takes from each patch there; the last row is of no patch. */
export function penaltiesOf({ adjacency, codebook }: WithAdjacency): Float32Array {
  const table = new Float32Array((sides.length * codebook + 1) * codebook);
  [adjacency.right, adjacency.below].forEach((pairs, axis) => {
    const goes = unpackPairs(pairs, codebook)!;
    for (let a = 0; a < codebook; a++) {
      for (let b = 0; b < codebook; b++) {
        if (goes[a * codebook + b] === 1) continue;
        table[(2 * axis * codebook + a) * codebook + b] = penalty;
        table[((2 * axis + 1) * codebook + b) * codebook + a] = penalty;
      }
    }
  });
  return table;
}

/** What known neighbours of a cell take from the logits of each patch there, by the known codes (P) of a frame, from 1. */
export function neighboursTake(config: WithAdjacency): (cell: number, known: Int32Array) => Float32Array {
  const { codebook } = config;
  const table = penaltiesOf(config);
  return (cell, known) => {
    const taken = new Float32Array(codebook);
    sides.forEach((side, d) => {
      const code = known[neighbourOf(cell, side, config) ?? -1] ?? 0;
      if (code === 0) return;
      const row = (d * codebook + code - 1) * codebook;
      for (let i = 0; i < codebook; i++) taken[i]! += table[row + i]!;
    });
    return taken;
  };
}
