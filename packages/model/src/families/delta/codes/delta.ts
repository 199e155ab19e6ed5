import type { Tensor } from '@snowglobe/graph';
import { concat, depthToSpace, fsqQuantize, pointwise as p, reshape, spaceToDepth } from '@snowglobe/kernels';
import { linear } from '../../../layers/linear.js';
import { mixPositions } from '../../../layers/positions.js';
import { residualBlock } from '../../../layers/residual.js';
import type { CodesConfig } from '../../../masked/codes.js';
import { levelsOf } from '../../../masked/codes.js';

/**
 * Shapes: B batch, H and W pixels, G = H/16 · W/16 positions of codes, Z quantized channels of a position, K
 * numbers of the conditioning: the action and the motion.
 *
 * Delta codes: what a frame has beyond its hint, the last frame moved with the camera. Most of a picture is in the hint,
 * so a few codes a frame say the rest (after Delta-IRIS, Micheli et al. 2024). A position's code may be unknown: then
 * the decoder draws its best guess, which is also what the first refinement step of play starts from.
 */
export interface DeltaConfig extends CodesConfig {
  /** Channels at 1/2, 1/4 and 1/8 of the frame's side. */
  readonly channels: readonly [half: number, quarter: number, eighth: number];
  readonly headWidth: number;
}

export const defaultDelta: DeltaConfig = {
  channels: [32, 64, 128],
  headWidth: 32,
  levels: [8, 5, 5, 5],
  books: 2,
};

/** Side of the square of pixels that one position of delta codes stands for. */
export const pixelsPerDelta = 16;

/** Features of what is known before the codes: at 1/2, 1/4 and 1/8 of the side. */
export interface HintFeatures {
  readonly half: Tensor;
  readonly quarter: Tensor;
  readonly eighth: Tensor;
}

/** What is known before a frame is drawn. */
export interface Hint {
  /** (B, H, W, 3): the last frame, moved with the camera. */
  readonly moved_BHW3: Tensor;
  /** (B, H, W, 1): 1 where the moved picture was in view before, see `insideOf`. */
  readonly inside_BHW1: Tensor;
  /** (B, H, W, 3): the last frame itself; backgrounds move less than what stands in front of them. */
  readonly last_BHW3: Tensor;
  /** (B, K): action and motion as one-hot rows. */
  readonly conditioning_BK: Tensor;
}

export function readHint(
  { moved_BHW3, inside_BHW1, last_BHW3, conditioning_BK }: Hint,
  config: DeltaConfig,
): HintFeatures {
  const [half, quarter, eighth] = config.channels;
  const { builder } = moved_BHW3;
  return builder.scope('delta', () =>
    builder.scope('hint', () => {
      const pixels = concat([moved_BHW3, inside_BHW1, last_BHW3], 3);
      const a = residualBlock(linear(spaceToDepth(pixels, 2), 'half', half), 'halfBlock');
      const b = residualBlock(linear(spaceToDepth(a, 2), 'quarter', quarter), 'quarterBlock');
      const c = linear(spaceToDepth(b, 2), 'eighth', eighth);
      const conditioning = reshape(linear(conditioning_BK, 'told', eighth, { bias: false }), [
        conditioning_BK.shape[0]!,
        1,
        1,
        eighth,
      ]);
      return { half: a, quarter: b, eighth: p.add(c, conditioning) };
    }),
  );
}

/** The codes of frame_BHW3 beyond its hint: (B, H/16, W/16, Z) quantized values in −1 … 1. */
export function encodeDelta(frame_BHW3: Tensor, hint_BHW3: Tensor, config: DeltaConfig): Tensor {
  const [half, quarter, eighth] = config.channels;
  const { builder } = frame_BHW3;
  const levels = levelsOf(config);
  return builder.scope('delta', () =>
    builder.scope('encoder', () => {
      let x = linear(spaceToDepth(concat([frame_BHW3, hint_BHW3], 3), 2), 'half', half);
      x = linear(spaceToDepth(residualBlock(x, 'halfBlock'), 2), 'quarter', quarter);
      x = mixPositions(
        linear(spaceToDepth(residualBlock(x, 'quarterBlock'), 2), 'eighth', eighth),
        config.headWidth,
      );
      return fsqQuantize(linear(spaceToDepth(x, 2), 'code', levels.length), levels);
    }),
  );
}

/**
 * Draws a frame from its hint and codes.
 * @param codes_BhwZ quantized values; ignored where unknown
 * @param known_Bhw1 1 where a position's codes are given, 0 where they are to be guessed
 * @returns (B, H, W, 3), about −1 … 1
 */
export function decodeDelta(
  codes_BhwZ: Tensor,
  known_Bhw1: Tensor,
  hint_BHW3: Tensor,
  features: HintFeatures,
  config: DeltaConfig,
): Tensor {
  const [half, quarter, eighth] = config.channels;
  const { builder } = hint_BHW3;
  return builder.scope('delta', () =>
    builder.scope('decoder', () => {
      const given = concat([p.mul(codes_BhwZ, known_Bhw1), known_Bhw1], 3);
      let x = depthToSpace(linear(given, 'code', 4 * eighth), 2);
      x = mixPositions(p.add(x, features.eighth), config.headWidth);
      x = residualBlock(
        p.add(depthToSpace(linear(x, 'quarter', 4 * quarter), 2), features.quarter),
        'quarterBlock',
      );
      x = residualBlock(p.add(depthToSpace(linear(x, 'half', 4 * half), 2), features.half), 'halfBlock');
      // A sum, not a gate between hint and drawing: a gate that shuts early gets no gradient and stays shut.
      return p.add(hint_BHW3, depthToSpace(linear(x, 'frame', 4 * 3, { gain: 0.1 }), 2));
    }),
  );
}
