import type { GraphBuilder, Tensor } from '@snowglobe/graph';
import type { OnnxEmitter } from '@snowglobe/kernels';
import { pinnedSlot } from '@snowglobe/kernels/internal';
import { rotaryPeriod } from '../layers/rotary.js';
import type { OneOrEach } from '../one_or_each.js';
import { valuesOf } from '../one_or_each.js';
import type { DynamicsConfig } from './config.js';

/** Where a frame is in time; each i32 (1), or (B) of worlds apart. */
export interface TimeStep {
  /** Frames since the prompt. */
  readonly position: Tensor;
  /** `position` modulo the rotary period. */
  readonly turn: Tensor;
  /** Where the ring keeps the frame, see `ringSlot`. */
  readonly slot: Tensor;
}

/** Declares the inputs that say where a frame is in time; their values are those of `timeStepOf`. @param worlds that are apart */
export function timeStepInputs(builder: GraphBuilder, worlds = 1): TimeStep {
  return {
    position: builder.input('position', [worlds], 'i32'),
    turn: builder.input('turn', [worlds], 'i32'),
    slot: builder.input('slot', [worlds], 'i32'),
  };
}

/** The values of a frame's `TimeStep`, or of those of worlds apart. */
export function timeStepOf(
  frame: OneOrEach,
  { memory, lookback }: DynamicsConfig,
): { readonly position: Int32Array; readonly turn: Int32Array; readonly slot: Int32Array } {
  const frames = valuesOf(frame);
  return {
    position: Int32Array.from(frames),
    turn: Int32Array.from(frames, (each) => each % rotaryPeriod(memory)),
    slot: Int32Array.from(frames, (each) => (lookback ? pinnedSlot(each, memory) : each % memory)),
  };
}

/**
 * `timeStepOf` as ONNX nodes, for exported worlds, which count frames themselves.
 * @param index name of an int32 value (1): frames since the prompt
 * @returns names of int32 values (1)
 */
export function timeStepNodes(
  emitter: OnnxEmitter,
  index: string,
  { memory, lookback }: DynamicsConfig,
): Record<keyof TimeStep, string> {
  const whole = (value: number): string => emitter.tensor(Int32Array.of(value), [1]);
  const modulo = (value: string, divisor: number): string => emitter.emit('Mod', [value, whole(divisor)]);
  const turn = modulo(index, rotaryPeriod(memory));
  if (!lookback) return { position: index, turn, slot: modulo(index, memory) };
  // The first frame is pinned to slot 0, the others take turns in the rest (`pinnedSlot`).
  const others = modulo(emitter.emit('Sub', [index, whole(1)]), memory - 1);
  const isFirst = emitter.emit('Equal', [index, whole(0)]);
  const slot = emitter.emit('Where', [isFirst, whole(0), emitter.emit('Add', [others, whole(1)])]);
  return { position: index, turn, slot };
}
