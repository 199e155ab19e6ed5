import type { GraphBuilder, Tensor } from '@snowglobe/graph';
import type { OnnxEmitter } from '@snowglobe/kernels';
import { pinnedSlot } from '@snowglobe/kernels/internal';
import { rotaryPeriod } from '../layers/rotary.js';
import type { DynamicsConfig } from './config.js';

/** Where a frame is in time; each i32 (1). */
export interface TimeStep {
  /** Frames since the prompt. */
  readonly position: Tensor;
  /** `position` modulo the rotary period. */
  readonly turn: Tensor;
  /** Where the ring keeps the frame, see `ringSlot`. */
  readonly slot: Tensor;
}

/** Declares the inputs that say where a frame is in time; their values are those of `timeStepOf`. */
export function timeStepInputs(builder: GraphBuilder): TimeStep {
  return {
    position: builder.input('position', [1], 'i32'),
    turn: builder.input('turn', [1], 'i32'),
    slot: builder.input('slot', [1], 'i32'),
  };
}

/** The values of a frame's `TimeStep`. */
export function timeStepOf(
  frame: number,
  { memory, lookback }: DynamicsConfig,
): { readonly position: Int32Array; readonly turn: Int32Array; readonly slot: Int32Array } {
  return {
    position: Int32Array.of(frame),
    turn: Int32Array.of(frame % rotaryPeriod(memory)),
    slot: Int32Array.of(lookback ? pinnedSlot(frame, memory) : frame % memory),
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
