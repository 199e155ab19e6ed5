import { sizeOf } from '@snowglobe/graph';
import type { OnnxContext } from '../../kernel/kernel.js';
import type { OnnxEmitter } from '../../onnx/emitter.js';
import type { RotaryAttributes } from './rotary.js';

/** ONNX Runtime's own `RotaryEmbedding`: one node in place of nine. */
export function rotaryOnnx({
  emitter,
  inputs,
  inputNames,
  attributes: { inverse },
}: OnnxContext<RotaryAttributes>): readonly string[] {
  const [x, cos, sin] = inputNames as [string, string, string];
  const turn = inverse ? emitter.emit('Neg', [sin]) : sin;
  return [rotaryNode(emitter, x, cos, turn, inputs[0]!.shape)];
}

/** `RotaryEmbedding` of a value (…, T, C) from position 0 on. */
export function rotaryNode(
  emitter: OnnxEmitter,
  x: string,
  cos: string,
  sin: string,
  shape: readonly number[],
): string {
  const [frames, width] = shape.slice(-2) as [number, number];
  const flat = shape.length === 3 ? x : emitter.reshape(x, [sizeOf(shape) / frames / width, frames, width]);
  const result = emitter.emit('RotaryEmbedding', [flat, emitter.int64s([0]), cos, sin], {}, 'com.microsoft');
  return shape.length === 3 ? result : emitter.reshape(result, shape);
}
