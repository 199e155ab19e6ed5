import { isWithin } from '../../../memory/cells.js';
import type { RecordedCaption } from '../../../recordings.js';
import type { PatchesConfig } from '../config/config.js';
import { cellCount, isByPose } from '../config/config.js';
import { findLookPairs } from '../motion/look_pairs.js';
import type { CodedRecordings } from '../survey/label_motions.js';

/** Share of the view's cells in a rarer look from which a frame is in it. */
const mostOfOther = 0.1;

/**
 * Captions of frames in the usual look of their game: nobody wants to begin asleep, or at night, where nothing is said of it. Of two looks of
 * a patch the more frequent one is usual.
 */
export function ofUsualLook(
  captions: readonly (readonly RecordedCaption[])[],
  { clips, columns }: CodedRecordings,
  config: PatchesConfig,
): readonly (readonly RecordedCaption[])[] {
  const { view } = config;
  if (isByPose(config) || view.rows === 0) return captions;
  const cells = cellCount(config);
  const usual = findLookPairs({ clips, columns, cells, view, motions: config.motions });
  const inView = Array.from({ length: cells }, (_, cell) => cell).filter((cell) =>
    isWithin(view, Math.floor(cell / columns), cell % columns),
  );
  return captions.map((clip, n) =>
    clip.filter(({ frame }) => {
      const codes = clips[n]!.subarray(frame * cells, (frame + 1) * cells);
      // The codebook lists the more frequent patches first, and of a pair the first stands for both.
      const others = inView.filter((cell) => usual[codes[cell]!] !== codes[cell]);
      return others.length <= mostOfOther * inView.length;
    }),
  );
}
