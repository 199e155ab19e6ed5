import type { Tensor } from '@snowglobe/graph';
import type { ShiftRange } from '@snowglobe/kernels';
import { concat, pointwise as p, reshape, sampleTokens, slice, split } from '@snowglobe/kernels';
import { encodePicture } from '../../../layers/picture_encoder.js';
import { gruCell } from '../../../layers/gru.js';
import { linear } from '../../../layers/linear.js';
import { oneHot } from '../../../layers/one_hot.js';

/**
 * Shapes: B batch, A actions, S state, Y = 2·range.y + 1, X = 2·range.x + 1, M = Y + X + 1.
 *
 * How the camera moves from one frame to the next, given the frame, the action and what moved before. A small recurrent
 * net: falling and running are states, and what stands in the way is in the picture.
 *
 * Motion is a choice among whole-pixel shifts, not a mean of them: moving a picture by a mixture blurs it, and the blur
 * is moved again in the next frame.
 */
export interface MotionConfig {
  readonly range: ShiftRange;
  /** Width of the state and of every hidden layer. */
  readonly width: number;
  /** Number of actions, latent or true. */
  readonly actions: number;
}

/** The convolutions that read the frame, at 1/4 and 1/8 of its side. */
const eye = [
  { shrink: 4, channels: 48 },
  { shrink: 2, channels: 64 },
] as const;

/** What the net carries from frame to frame. All zeros before the first step. */
export interface MotionState {
  readonly state_BS: Tensor;
  /** The last motion, see `motionRow`; all zeros while it is unknown, at the prompt. */
  readonly last_BM: Tensor;
}

export interface MotionStep {
  readonly state_BS: Tensor;
  readonly verticalLogits_BY: Tensor;
  readonly horizontalLogits_BX: Tensor;
}

/** A motion as one certain shift an axis: rows with a single one. */
export interface CertainMotion {
  readonly vertical_BY: Tensor;
  readonly horizontal_BX: Tensor;
}

/** Shifts along each axis. */
export function shiftsOf({ range }: Pick<MotionConfig, 'range'>): {
  readonly y: number;
  readonly x: number;
} {
  return { y: 2 * range.y + 1, x: 2 * range.x + 1 };
}

/** Numbers of a motion row: both one-hot shifts, and a 1 that says that it is known. */
export function motionWidth(config: Pick<MotionConfig, 'range'>): number {
  const { y, x } = shiftsOf(config);
  return y + x + 1;
}

/** A motion as one row of numbers (B, M). */
export function motionRow({ vertical_BY, horizontal_BX }: CertainMotion): Tensor {
  const { builder, shape } = vertical_BY;
  const batch = shape[0]!;
  return concat(
    [vertical_BY, horizontal_BX, builder.constant(new Float32Array(batch).fill(1), [batch, 1])],
    1,
  );
}

/** The motion of a row (B, M); nothing moves where the row is unknown. */
export function motionOfRow(row_BM: Tensor, config: Pick<MotionConfig, 'range'>): CertainMotion {
  const { y, x } = shiftsOf(config);
  return { vertical_BY: slice(row_BM, 1, 0, y), horizontal_BX: slice(row_BM, 1, y, y + x) };
}

/** What the net sees in frames_BHW3: (B, S). Depends on nothing else, so frames of a sequence can be read at once. */
export function seeFrames(frames_BHW3: Tensor, { width }: MotionConfig): Tensor {
  return frames_BHW3.builder.scope('motion', () => encodePicture(frames_BHW3, eye, width));
}

/** One step from what is seen (B, S), under actions as one-hot rows (B, A). */
export function stepMotion(
  seen_BS: Tensor,
  action_BA: Tensor,
  before: MotionState,
  config: MotionConfig,
): MotionStep {
  const { width } = config;
  const { y, x } = shiftsOf(config);
  return seen_BS.builder.scope('motion', () => {
    // A matmul with a one-hot row is a look-up in the table of actions.
    const conditioning = linear(action_BA, 'action', width, { bias: false });
    const moved = linear(before.last_BM, 'last', width, { bias: false });
    const mixed = p.gelu(linear(p.gelu(p.add(p.add(seen_BS, conditioning), moved)), 'mix', width));
    const state_BS = gruCell(mixed, before.state_BS, 'memory');
    const features = p.add(state_BS, p.gelu(linear(p.add(state_BS, conditioning), 'head', width)));
    const [vertical, horizontal] = split(linear(features, 'logits', y + x), 1, [y, x]);
    return { state_BS, verticalLogits_BY: vertical!, horizontalLogits_BX: horizontal! };
  });
}

/**
 * Chooses one shift an axis.
 * @param uniforms_B2 in [0, 1): for the vertical and the horizontal shift
 * @param temperature (1); at 0 the most likely shift is taken
 */
export function chooseMotion(step: MotionStep, uniforms_B2: Tensor, temperature: Tensor): CertainMotion {
  const batch = uniforms_B2.shape[0]!;
  const choose = (logits: Tensor, axis: number): Tensor => {
    const uniforms_B = reshape(slice(uniforms_B2, 1, axis, axis + 1), [batch]);
    return oneHot(sampleTokens(logits, uniforms_B, temperature).tokens, logits.shape[1]!);
  };
  return {
    vertical_BY: choose(step.verticalLogits_BY, 0),
    horizontal_BX: choose(step.horizontalLogits_BX, 1),
  };
}
