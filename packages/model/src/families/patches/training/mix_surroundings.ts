import type { JumpableRandomGenerator } from 'pure-rand/types/JumpableRandomGenerator';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { CellRect } from '../../../memory/cells.js';
import { freshness } from '../../../memory/cells.js';
import type { PatchesConfig } from '../config/config.js';
import { frameCells } from '../config/config.js';
import type { Transitions } from './transitions.js';

/** Transitions that are tried until one fits. */
const tries = 4;
/** Cells on each side of the middle of the view that stay together: what is done is done to them. */
const core = 1;

/** What a transition takes from another one: cells of the view, by 1 in (P). */
export interface Surroundings {
  readonly from: number;
  readonly cells: Uint8Array;
}

/** Puts the surroundings of one transition around the middle of another (CutMix, Yun et al. 2019). */
export interface SurroundingsMixer {
  /** Surroundings for transition `n`, where some that are tried at random fit. */
  around(n: number, random: JumpableRandomGenerator): Surroundings | undefined;
  /**
   * The cells (P) that transition `n` may take from transition `m`, 1 each: those of the view outside a random rectangle around its middle.
   * Undefined where the two do not fit: where the view moves or shows what was never seen, where something changes at the seam, or
   * where patches would become neighbours that recordings never show, such as two looks of one place.
   */
  cellsToTake(n: number, m: number, random: JumpableRandomGenerator): Uint8Array | undefined;
}

/**
 * What an action does depends on what is near: the same seldom seen effect amid many surroundings is learned as an effect, not as
 * a place.
 */
export function surroundingsMixer(transitions: Transitions, config: PatchesConfig): SurroundingsMixer {
  const { rows, columns } = frameCells(config);
  const cells = rows * columns;
  const { view } = config;
  const [right, bottom] = [view.left + view.columns, view.top + view.rows];
  const inView = (row: number, column: number): boolean =>
    row >= view.top && row < bottom && column >= view.left && column < right;
  const neighbours = neighboursOf(transitions, { rows, columns }, config.codebook);
  const middle = [view.top + Math.floor(view.rows / 2), view.left + Math.floor(view.columns / 2)] as const;
  const isStill = (n: number): boolean => {
    if (transitions.labels.motions[n] !== 0 || transitions.told?.has(n)) return false;
    for (let cell = 0; cell < cells; cell++) {
      if (transitions.freshness[n * cells + cell] !== freshness.last) return false;
    }
    return true;
  };
  const hasChanged = (n: number, cell: number): boolean =>
    transitions.hint[n * cells + cell] !== transitions.next[n * cells + cell]! + 1;
  const fits = (n: number, m: number, { top, left, rows: high, columns: wide }: CellRect): boolean => {
    const isInside = (row: number, column: number): boolean =>
      row >= top && row < top + high && column >= left && column < left + wide;
    for (let row = view.top; row < bottom; row++) {
      for (let column = view.left; column < right; column++) {
        const cell = row * columns + column;
        for (const [down, across, table] of [
          [0, 1, neighbours.across],
          [1, 0, neighbours.down],
        ] as const) {
          const [y, x] = [row + down, column + across];
          if (!inView(y, x) || isInside(row, column) === isInside(y, x)) continue;
          const other = y * columns + x;
          if ([n, m].some((each) => hasChanged(each, cell) || hasChanged(each, other))) return false;
          const [first, second] = isInside(row, column) ? [n, m] : [m, n];
          const pair =
            transitions.next[first * cells + cell]! * config.codebook +
            transitions.next[second * cells + other]!;
          if (table[pair] === 0) return false;
        }
      }
    }
    return true;
  };
  const cellsToTake = (n: number, m: number, random: JumpableRandomGenerator): Uint8Array | undefined => {
    if (!isStill(n) || !isStill(m)) return undefined;
    const side = (first: number, end: number, at: number): readonly [number, number] => [
      uniformInt(random, first, Math.max(first, at - core)),
      uniformInt(random, Math.min(end, at + core + 1), end),
    ];
    const [top, below] = side(view.top, bottom, middle[0]);
    const [left, beyond] = side(view.left, right, middle[1]);
    const kept = { top, left, rows: below - top, columns: beyond - left };
    const isWhole = kept.rows === view.rows && kept.columns === view.columns;
    if (isWhole || !fits(n, m, kept)) return undefined;
    return Uint8Array.from({ length: cells }, (_, cell) => {
      const [row, column] = [Math.floor(cell / columns), cell % columns];
      const isKept = row >= top && row < below && column >= left && column < beyond;
      return inView(row, column) && !isKept ? 1 : 0;
    });
  };
  return {
    cellsToTake,
    around(n, random) {
      if (view.rows <= 2 * core + 1 && view.columns <= 2 * core + 1) return undefined;
      for (let i = 0; i < tries; i++) {
        const from = uniformInt(random, 0, transitions.count - 1);
        const taken = cellsToTake(n, from, random);
        if (taken) return { from, cells: taken };
      }
      return undefined;
    },
  };
}

/** Which codes (K, K) stand beside and below each other somewhere. */
function neighboursOf(
  { next, count }: Transitions,
  { rows, columns }: { readonly rows: number; readonly columns: number },
  codebook: number,
): { readonly across: Uint8Array; readonly down: Uint8Array } {
  const [across, down] = [new Uint8Array(codebook ** 2), new Uint8Array(codebook ** 2)];
  const cells = rows * columns;
  for (let n = 0; n < count; n++) {
    for (let cell = 0; cell < cells; cell++) {
      const code = next[n * cells + cell]! * codebook;
      if ((cell + 1) % columns !== 0) across[code + next[n * cells + cell + 1]!] = 1;
      if (cell + columns < cells) down[code + next[n * cells + cell + columns]!] = 1;
    }
  }
  return { across, down };
}
