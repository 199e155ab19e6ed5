import type { PatchesConfig } from '../config/config.js';
import { cellCount } from '../config/config.js';
import type { CodedRecordings } from '../survey/label_motions.js';

/** Shapes: N transitions of all clips in a row, P cells. */

/** The frames that transitions go from, by the number of the transition. */
export class RecordedFrames {
  readonly #clips: readonly Int16Array[];
  readonly #cells: number;
  readonly #places: readonly (readonly [clip: number, frame: number])[];

  constructor({ clips }: CodedRecordings, config: PatchesConfig) {
    this.#clips = clips;
    this.#cells = cellCount(config);
    this.#places = clips.flatMap((clip, i) =>
      Array.from({ length: clip.length / this.#cells - 1 }, (_, t) => [i, t] as const),
    );
  }

  /** Transitions: N. */
  get count(): number {
    return this.#places.length;
  }

  /** Codes (P) of a frame, from 0. @param later 0 for the frame that the transition goes from, 1 for the next one */
  codes(n: number, later: 0 | 1 = 0): Int16Array {
    const [clip, frame] = this.#places[n]!;
    return this.#clips[clip]!.subarray((frame + later) * this.#cells, (frame + later + 1) * this.#cells);
  }

  /** Puts a frame into a row of an input: codes from 1. */
  fill(into: Int32Array, row: number, n: number, later: 0 | 1 = 0): void {
    this.codes(n, later).forEach((code, cell) => (into[row * this.#cells + cell] = code + 1));
  }
}
