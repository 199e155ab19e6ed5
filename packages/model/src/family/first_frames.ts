import type { Graph, TensorData } from '@snowglobe/graph';
import type { ReadText } from '../text/vocabulary.js';
import type { DrawnWorld } from './atlas.js';

/** Runs one of the graphs of `FirstFrames.graphs`, by its name. */
export type RunGraph = (
  graph: string,
  inputs: Readonly<Record<string, TensorData>>,
) => Promise<Readonly<Record<string, TensorData>>>;

/** How first frames are drawn. */
export interface FirstFrameOptions {
  /** Decides everything that is left to chance. */
  readonly seed: number;
  /** How many are drawn: that of the graphs. */
  readonly candidates: number;
}

/** A first frame that was drawn from words. */
export interface FirstFrame {
  /** (H, W, 3) in −1 … 1 */
  readonly frame: Float32Array;
  /** How surely each clause is seen to hold in it, 0 … 1, as the world itself reads it. */
  readonly holds: readonly number[];
}

/** Of worlds that draw first frames from sentences. */
export interface FirstFrames {
  /** Words that the world has seen in captions, the most frequent first. */
  readonly vocabulary: readonly string[];
  /** Clauses of a text that it draws at once. */
  readonly clauses: number;
  /** What drawing needs, by name; other variables than weights they have none. */
  graphs(candidates: number): Readonly<Record<string, Graph>>;
  /**
   * Draws frames that show what a text says, those first in which most of it holds.
   * @param text as `readText` reads it by the vocabulary and the number of clauses
   * @param run runs graphs for as many candidates as `options` say
   * @param world whose own art they are drawn in
   */
  draw(
    text: Pick<ReadText, 'clauses'>,
    options: FirstFrameOptions,
    run: RunGraph,
    world: Pick<DrawnWorld, 'tensors'>,
  ): Promise<readonly FirstFrame[]>;
}
