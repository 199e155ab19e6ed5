import type { Tensor } from '@snowglobe/graph';
import type { ShiftRange } from '@snowglobe/kernels';
import { concat, conv2d, pointwise as p, reshape, softmax, spaceToDepth, split } from '@snowglobe/kernels';
import { gruCell } from '../layers/gru.js';
import { linear } from '../layers/linear.js';
import { fanIn, parameter } from '../parameter.js';

/**
 * Shapes: B batch, A actions, S state, Y = 2·range.y + 1, X = 2·range.x + 1, M = Y + X + 1.
 *
 * How the camera moves from one frame to the next, given the frame, the action and what moved before. A small recurrent
 * net: falling and running are states, and what stands in the way is in the picture.
 */
export interface MotionConfig {
  readonly range: ShiftRange;
  /** Width of the state and of every hidden layer. */
  readonly width: number;
  /** Number of actions, latent or true. */
  readonly actions: number;
}

/** Channels of the two convolutions that read the frame, at 1/4 and 1/8 of its side. */
const eyeChannels = [48, 64] as const;

/** What the net carries from frame to frame. All zeros before the first step. */
export interface MotionState {
  readonly state_BS: Tensor;
  /** The last motion's distributions and a flag that it is known: 0 at the prompt, 1 later. */
  readonly last_BM: Tensor;
}

export interface MotionStep extends MotionState {
  readonly verticalLogits_BY: Tensor;
  readonly horizontalLogits_BX: Tensor;
  readonly vertical_BY: Tensor;
  readonly horizontal_BX: Tensor;
}

/** Numbers of `last_BM`. */
export function lastMotionWidth({ range }: MotionConfig): number {
  return 2 * range.y + 1 + (2 * range.x + 1) + 1;
}

/** One step from frame_BHW3 under actions as one-hot rows (B, A). */
export function stepMotion(
  frame_BHW3: Tensor,
  action_BA: Tensor,
  before: MotionState,
  config: MotionConfig,
): MotionStep {
  const { builder } = frame_BHW3;
  const { range, width } = config;
  const batch = frame_BHW3.shape[0]!;
  return builder.scope('motion', () => {
    const seen = see(frame_BHW3, width);
    // A matmul with a one-hot row is a look-up in the table of actions.
    const told = linear(action_BA, 'action', width, { bias: false });
    const moved = linear(before.last_BM, 'last', width, { bias: false });
    const mixed = p.gelu(linear(p.gelu(p.add(p.add(seen, told), moved)), 'mix', width));
    const state_BS = gruCell(mixed, before.state_BS, 'memory');
    const features = p.add(state_BS, p.gelu(linear(state_BS, 'head', width)));
    const shifts = [2 * range.y + 1, 2 * range.x + 1];
    const [vertical, horizontal] = split(linear(features, 'logits', shifts[0]! + shifts[1]!), 1, shifts);
    const [vertical_BY, horizontal_BX] = [softmax(vertical!), softmax(horizontal!)];
    const known = builder.constant(new Float32Array(batch).fill(1), [batch, 1]);
    return {
      state_BS,
      last_BM: concat([vertical_BY, horizontal_BX, known], 1),
      verticalLogits_BY: vertical!,
      horizontalLogits_BX: horizontal!,
      vertical_BY,
      horizontal_BX,
    };
  });
}

/** (B, H, W, 3) -> (B, width). */
function see(frame_BHW3: Tensor, width: number): Tensor {
  const { builder } = frame_BHW3;
  let x = frame_BHW3;
  eyeChannels.forEach((channels, i) => {
    x = spaceToDepth(x, i === 0 ? 4 : 2);
    const inputs = x.shape[3]!;
    x = builder.scope(`eye${i}`, () => {
      const filter = parameter(builder, 'filter', [3, 3, inputs, channels], fanIn(9 * inputs));
      return p.gelu(conv2d(x, filter, { bias: parameter(builder, 'bias', [channels], { kind: 'zeros' }) }));
    });
  });
  return linear(reshape(x, [x.shape[0]!, -1]), 'seen', width);
}
