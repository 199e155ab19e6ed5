import type { Tensor } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import { formatShape } from '@snowglobe/graph/internal';
import { matmul, pointwise, reshape, shiftErrors, slice, softmax } from '@snowglobe/kernels';
import type { EvidenceConfig, LatentActionConfig } from './config.js';

/**
 * Shapes: B batch, T frames, H and W pixels, Y = 2·range.y + 1 and X = 2·range.x + 1 shifts, F side of the focus.
 */

/** Weights of red, green and blue in a luma of 0 … 1 from pixels of −1 … 1, and its offset. */
const lumaWeights = [0.35 / 2, 0.45 / 2, 0.2 / 2];
const lumaOffset = 0.5;

function luma(frames_BHW3: Tensor): Tensor {
  const weights = frames_BHW3.builder.constant(Float32Array.from(lumaWeights), [3, 1]);
  return reshape(pointwise.add(matmul(frames_BHW3, weights), lumaOffset), frames_BHW3.shape.slice(0, 3));
}

/**
 * Evidence of whole-pixel motion between two frames: previous, current (B, H, W, 3) in −1 … 1 -> (B, Y, X), a
 * distribution over shifts. A shift (dy, dx) says that `current[y, x]` was `previous[y + dy, x + dx]`.
 */
export function motionEvidence(previous_BHW3: Tensor, current_BHW3: Tensor, config: EvidenceConfig): Tensor {
  const { range, border, sharpness } = config;
  const errors_BS = shiftErrors(luma(previous_BHW3), luma(current_BHW3), { range, border });
  const evidence_BS = softmax(pointwise.mul(errors_BS, -sharpness));
  return reshape(evidence_BS, [errors_BS.shape[0]!, 2 * range.y + 1, 2 * range.x + 1]);
}

/** The square at the centre of frames_BHW3 -> (B, F, F, 3). */
export function focusOf(frames_BHW3: Tensor, { focus }: LatentActionConfig): Tensor {
  const [, height, width] = frames_BHW3.shape as [number, number, number, number];
  if (height < focus || width < focus) {
    throw new SnowglobeError(
      `latent actions: frames ${formatShape(frames_BHW3.shape)} are smaller than the focus of ${focus} pixels; use a smaller focus.`,
    );
  }
  const top = Math.floor((height - focus) / 2);
  const left = Math.floor((width - focus) / 2);
  return slice(slice(frames_BHW3, 1, top, top + focus), 2, left, left + focus);
}
