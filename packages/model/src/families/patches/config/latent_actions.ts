import type { Motion } from '../../../memory/map/geometry.js';

/**
 * Actions that are told from video without labels. Codes are exact, so what an action brought about can be read instead of learned: how the
 * view moved, how what is controlled turned, what became of the cell that it faces, and what changed among the cells that stand
 * still. A code is a kind of such events; which kinds there are is counted in the recordings (see `findLatentActions`).
 */
export interface LatentActions {
  /** The cell of the view that does not scroll, where what is controlled is seen; absent where there is none. */
  readonly cell?: number | undefined;
  /** Ways in which it faces. What that cell shows else is look 0; these count from 1. */
  readonly looks: readonly Look[];
  /** Patches that it walks onto. */
  readonly free: readonly number[];
  /**
   * Changes of cells outside the view, [patch before, patch after], that come about only while the view rests: something was done. Those of one
   * thing, as of a number that counts it, are a group; the rarest group comes first.
   */
  readonly effects: readonly (readonly (readonly [number, number])[])[];
  /** Names of the kinds of events, the most frequent first; an action is an index into this. See `eventNames`. */
  readonly codes: readonly string[];
}

/** A way to face. */
export interface Look {
  /** Where the faced cell is, from the controlled one: down and right. */
  readonly facing: Motion;
  /** What the controlled cell shows then, on one ground or another. */
  readonly patches: readonly number[];
}
