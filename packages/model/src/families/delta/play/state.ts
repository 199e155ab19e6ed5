import type { GraphBuilder, Tensor } from '@snowglobe/graph';
import { concat, pointwise as p } from '@snowglobe/kernels';
import type { FrameOptions } from '../../../family/frame.js';
import { playScope } from '../../../family/state.js';
import { playMemory } from '../../../memory/frame_memory.js';
import { timeStepInputs } from '../../../memory/time_step.js';
import type { Hint } from '../codes/delta.js';
import { movedHint } from '../codes/hint.js';
import type { DeltaWorldConfig } from '../config/config.js';
import { deltaPositions } from '../config/config.js';
import type { CertainMotion, MotionState } from '../motion/motion.js';
import { motionRow, motionWidth } from '../motion/motion.js';
import { keptPixels, showKept } from './kept_pixels.js';

/** Shapes: B worlds played at once, H and W pixels, A actions, M numbers of a motion. */

/**
 * Declares what is carried from frame to frame, and the inputs that say where a frame is in time (see `timeStepInputs`).
 */
export function playState(
  builder: GraphBuilder,
  config: DeltaWorldConfig,
  { batch = 1, apart = false, kvCache }: FrameOptions = {},
) {
  const { height, width, motion } = config;
  const time = timeStepInputs(builder, apart ? batch : 1);
  return builder.scope(playScope, () => ({
    frame: builder.variable('frame', [batch, height, width, 3]),
    motion: builder.variable('motionState', [batch, motion.width]),
    last: builder.variable('lastMotion', [batch, motionWidth(motion)]),
    memory: playMemory(builder, config.dynamics, deltaPositions(config), batch, time, kvCache),
    kept: keptPixels(builder, config, batch),
  }));
}

export type PlayVariables = ReturnType<typeof playState>;

/** What the motion net carries. */
export function motionBefore({ motion, last }: PlayVariables): MotionState {
  return { state_BS: motion, last_BM: last };
}

/** What is known of the next frame before its codes: where the camera goes, and what is done. */
export function nextHint({ frame }: PlayVariables, motion: CertainMotion, action_BA: Tensor): Hint {
  return { ...movedHint(frame, motion), conditioning_BK: concat([action_BA, motionRow(motion)], 1) };
}

/** What a frame ends with. */
export interface DrawnFrame {
  readonly painted_BHW3: Tensor;
  readonly hint: Hint;
  readonly motion: CertainMotion;
  /** What the motion net carries on. */
  readonly stateOfMotion_BS: Tensor;
}

/** Ends the frame: it becomes the last one. */
export function finishFrame(
  state: PlayVariables,
  { painted_BHW3, hint, motion, stateOfMotion_BS }: DrawnFrame,
): void {
  const { builder } = painted_BHW3;
  const inRange_BHW3 = p.min(p.max(painted_BHW3, -1), 1);
  const frame = state.kept
    ? showKept(state.kept, inRange_BHW3, { hint, motion, lastMotion_BM: state.last })
    : inRange_BHW3;
  builder.assign(state.frame, frame);
  builder.assign(state.motion, stateOfMotion_BS);
  builder.assign(state.last, motionRow(motion));
  builder.output('frame', frame);
}
