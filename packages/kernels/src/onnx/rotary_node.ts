import { sizeOf } from '@snowglobe/graph';
import type { OnnxEmitter } from './emitter.js';

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
