import type { Tensor, TensorData, TensorSpec } from '@snowglobe/graph';
import { GraphBuilder, allocate, bytesPerElement, sizeOf } from '@snowglobe/graph';
import { concat, pointwise as p } from '@snowglobe/kernels';
import type { WorldConfig } from '../config/config.js';
import type { Hint } from '../delta/delta.js';
import { movedHint } from '../delta/hint.js';
import type { KvCacheBits } from '../dynamics/kv_cache.js';
import type { CertainMotion, MotionState } from '../motion/motion.js';
import { motionRow, motionWidth } from '../motion/motion.js';
import { playMemory } from './memory.js';

/** Shapes: B worlds played at once, H and W pixels, A actions, M numbers of a motion. */

/** Variables of this scope are what play carries from frame to frame; all zeros, but the frame, at the start. */
export const playScope = 'play';

/** Name of the variable that holds the last frame (B, H, W, 3); a prompt is written there. */
export const lastFrame = `${playScope}/frame`;

/** Whether a variable is carried from frame to frame. */
export const isPlayState = (name: string): boolean => name.startsWith(`${playScope}/`);

/**
 * The state of worlds that have just begun: nothing but their first frames.
 * @param variables of a graph of play; others than those of the state are left out
 * @param frames (B, H, W, 3) in −1 … 1
 */
export function freshState(
  variables: ReadonlyMap<string, TensorSpec>,
  frames: Float32Array,
): Map<string, TensorData> {
  const state = [...variables].filter(([name]) => isPlayState(name));
  return new Map(
    state.map(([name, { shape, dtype }]) => [
      name,
      name === lastFrame ? frames : allocate(dtype, sizeOf(shape)),
    ]),
  );
}

/**
 * Declares what is carried from frame to frame, and the inputs that say where a frame is in time (see `momentOf`).
 * @param kvCache see `PlayOptions`
 */
export function playState(builder: GraphBuilder, config: WorldConfig, batch: number, kvCache?: KvCacheBits) {
  const { height, width, motion } = config;
  const moment = {
    position: builder.input('position', [1], 'i32'),
    turn: builder.input('turn', [1], 'i32'),
    slot: builder.input('slot', [1], 'i32'),
  };
  return builder.scope(playScope, () => ({
    frame: builder.variable('frame', [batch, height, width, 3]),
    motion: builder.variable('motionState', [batch, motion.width]),
    last: builder.variable('lastMotion', [batch, motionWidth(motion)]),
    memory: playMemory(builder, config, batch, moment, kvCache),
  }));
}

export type PlayVariables = ReturnType<typeof playState>;

/**
 * Bytes that a session of a world carries from frame to frame, which are those of its snapshots.
 * @param kvCache see `PlayOptions`
 */
export function playStateBytes(config: WorldConfig, kvCache?: KvCacheBits): number {
  const builder = new GraphBuilder();
  playState(builder, config, 1, kvCache);
  const specs = [...builder.build().variables.values()];
  return specs.reduce((sum, { shape }) => sum + sizeOf(shape) * bytesPerElement, 0);
}

/** What the motion net carries. */
export function motionBefore({ motion, last }: PlayVariables): MotionState {
  return { state_BS: motion, last_BM: last };
}

/** What is known of the next frame before its codes: where the camera goes, and what is done. */
export function nextHint({ frame }: PlayVariables, motion: CertainMotion, action_BA: Tensor): Hint {
  return { ...movedHint(frame, motion), told_BK: concat([action_BA, motionRow(motion)], 1) };
}

/** Ends the frame: it becomes the last one. */
export function finishFrame(
  state: PlayVariables,
  painted_BHW3: Tensor,
  stateOfMotion_BS: Tensor,
  motion: CertainMotion,
): Tensor {
  const { builder } = painted_BHW3;
  const frame = p.min(p.max(painted_BHW3, -1), 1);
  builder.assign(state.frame, frame);
  builder.assign(state.motion, stateOfMotion_BS);
  builder.assign(state.last, motionRow(motion));
  builder.output('frame', frame);
  return frame;
}
