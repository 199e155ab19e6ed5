import type { GraphBuilder, Tensor } from '@snowglobe/graph';
import { pointwise as p, reshape, slice } from '@snowglobe/kernels';
import type { Hint } from '../codes/delta.js';
import type { DeltaWorldConfig } from '../config/config.js';
import type { CertainMotion } from '../motion/motion.js';
import { shiftPicture } from '../motion/shift.js';
import { recollect } from './recollection.js';
import { replenish, unsettledAfter } from './replenishment.js';

/** Shapes: B worlds, H and W pixels. */

/** What a world that keeps what was drawn carries beside its last frame; declared in the scope of play. */
export function keptPixels(
  builder: GraphBuilder,
  { height, width, replenishment }: DeltaWorldConfig,
  batch: number,
) {
  if (!replenishment) return undefined;
  return {
    config: replenishment,
    /** (B, H, W, 1): frames for which each pixel is still painted in any case; none of a prompt. */
    unsettled: builder.variable('unsettled', [batch, height, width, 1]),
    /** (B, H, W, 3): what the world began with, from its first frame on. */
    prompt:
      replenishment.recollection === undefined
        ? undefined
        : builder.variable('prompt', [batch, height, width, 3]),
  };
}

export type KeptPixels = NonNullable<ReturnType<typeof keptPixels>>;

/**
 * The frame that is shown: of what was painted, what is new; of the last frame, moved with the camera, the rest. What has settled
 * takes its fine structure from the prompt, where that has something like it.
 * @param lastMotion_BM that of the last frame, which is unknown at the prompt; see `motionRow`
 */
export function showKept(
  { config, unsettled, prompt }: KeptPixels,
  painted_BHW3: Tensor,
  {
    hint,
    motion,
    lastMotion_BM,
  }: { readonly hint: Hint; readonly motion: CertainMotion; readonly lastMotion_BM: Tensor },
): Tensor {
  const { builder } = painted_BHW3;
  const { moved_BHW3, inside_BHW1, last_BHW3 } = hint;
  const before_BHW1 = shiftPicture(unsettled, motion.vertical_BY, motion.horizontal_BX);
  const unsettled_BHW1 = unsettledAfter(before_BHW1, inside_BHW1, config);
  builder.assign(unsettled, unsettled_BHW1);
  const drawn_BHW3 = replenish({ painted_BHW3, moved_BHW3, unsettled_BHW1 }, config);
  if (!prompt || config.recollection === undefined) return drawn_BHW3;
  const [batch, width] = lastMotion_BM.shape as [number, number];
  const hasBegun_B111 = reshape(slice(lastMotion_BM, 1, width - 1, width), [batch, 1, 1, 1]);
  const prompt_BHW3 = p.select(hasBegun_B111, prompt, last_BHW3);
  builder.assign(prompt, prompt_BHW3);
  const settles_BHW1 = p.mul(p.sub(1, p.min(unsettled_BHW1, 1)), p.min(before_BHW1, 1));
  return recollect({ drawn_BHW3, prompt_BHW3, replaced_BHW1: settles_BHW1 }, config.recollection);
}
