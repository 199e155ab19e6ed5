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

/** Ends the frame: it becomes the last one. */
export function finishFrame(
  state: PlayVariables,
  painted_BHW3: Tensor,
  stateOfMotion_BS: Tensor,
  motion: CertainMotion,
): void {
  const { builder } = painted_BHW3;
  const frame = p.min(p.max(painted_BHW3, -1), 1);
  builder.assign(state.frame, frame);
  builder.assign(state.motion, stateOfMotion_BS);
  builder.assign(state.last, motionRow(motion));
  builder.output('frame', frame);
}
