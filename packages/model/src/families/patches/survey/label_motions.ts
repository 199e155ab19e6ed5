import type { MapConfig } from '../config/config.js';
import { cellCount } from '../config/config.js';
import { bestMotion } from '../motion/best_motion.js';
import { findLookPairs, isOtherLook } from '../motion/look_pairs.js';

/** Shapes: N transitions from one recorded frame to the next, P cells. */

/** Recordings as frames of codes. */
export interface CodedRecordings {
  /** (T, P) each. */
  readonly clips: readonly Int16Array[];
  readonly columns: number;
}

/** How the view moved from each frame to the next, of all clips in a row. */
export interface MotionLabels {
  /** (N) indices of motions. */
  readonly motions: Uint8Array;
  /** (N): 1 where the frames tell it without doubt. */
  readonly isClear: Uint8Array;
}

/** Reads motions off the frames; where the whole view changes its look as well, off what has two looks. */
export function labelMotions(
  { clips, columns }: CodedRecordings,
  config: Pick<MapConfig, 'grid' | 'height' | 'motions' | 'view' | 'width'>,
): MotionLabels {
  const cells = cellCount(config);
  const count = clips.reduce((sum, clip) => sum + clip.length / cells - 1, 0);
  const motions = new Uint8Array(count);
  const isClear = new Uint8Array(count);
  const pairs = findLookPairs({ clips, cells, columns, view: config.view, motions: config.motions });
  const inOneLook = (codes: Int16Array): Int16Array => codes.map((code) => pairs[code]!);
  const motionOf = (before: Int16Array, after: Int16Array) =>
    bestMotion(before, after, { columns }, config.view, config.motions);
  let at = 0;
  for (const clip of clips) {
    for (let t = 0; t + 1 < clip.length / cells; t++) {
      const [before, after] = [t, t + 1].map((frame) => clip.subarray(frame * cells, (frame + 1) * cells));
      let found = motionOf(before!, after!);
      if (isOtherLook(found.explained)) found = motionOf(inOneLook(before!), inOneLook(after!));
      motions[at] = found.best;
      isClear[at] = found.isClear || config.motions.length === 1 ? 1 : 0;
      at++;
    }
  }
  return { motions, isClear };
}
