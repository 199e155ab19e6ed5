import type { CellRect } from '../../../memory/cells.js';
import type { Motion } from '../../../memory/map/geometry.js';

/** Recordings as codes, with the motions between their frames. */
export interface LabelledTransitions {
  /** (T, P) each. */
  readonly clips: readonly Int16Array[];
  /** Cells of a frame: P, and those of a row. */
  readonly cells: number;
  readonly columns: number;
  readonly view: CellRect;
  readonly motions: readonly Motion[];
  /** Of all clips in a row; see `MotionLabels`. */
  readonly labels: { readonly motions: Uint8Array; readonly isClear: Uint8Array };
}

/** Calls back with each transition: codes (P) before and after, and the motion. */
export function forLabelled(
  { clips, cells, labels }: LabelledTransitions,
  visit: (before: Int16Array, after: Int16Array, motion: number, isClear: boolean, index: number) => void,
): void {
  let at = 0;
  for (const clip of clips) {
    for (let t = 0; t + 1 < clip.length / cells; t++, at++) {
      const before = clip.subarray(t * cells, (t + 1) * cells);
      const after = clip.subarray((t + 1) * cells, (t + 2) * cells);
      visit(before, after, labels.motions[at]!, labels.isClear[at] === 1, at);
    }
  }
}
