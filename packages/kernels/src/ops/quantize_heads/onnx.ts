import type { OnnxContext } from '../../kernel/kernel.js';
import type { OnnxEmitter } from '../../onnx/emitter.js';
import { onnxTypes } from '../../onnx/model.js';
import { leastLargest } from '../../numerics/rounding.js';
import { packedHeads } from './dequantize_heads.js';
import type { QuantizeHeadsAttributes } from './quantize_heads.js';
import { headsShape } from './quantize_heads.js';

const { f32, i8, u32 } = onnxTypes;
const shifts = Uint32Array.of(0, 8, 16, 24);

export function quantizeHeadsOnnx({
  emitter,
  inputs,
  outputs,
  inputNames,
  attributes,
}: OnnxContext<QuantizeHeadsAttributes>): readonly string[] {
  const { count, head } = headsShape(inputs[0]!, attributes);
  const rows = emitter.reshape(inputNames[0]!, [count, head]);
  const largest = emitter.emit('ReduceMax', [emitter.emit('Abs', [rows]), emitter.int64s([1])], {
    keepdims: { int: 1 },
  });
  const guarded = emitter.emit('Max', [largest, emitter.float(leastLargest)]);
  const factor = emitter.emit('Div', [emitter.float(127), guarded]);
  const whole = emitter.emit('Round', [emitter.emit('Mul', [rows, factor])]);
  const negative = emitter.cast(emitter.emit('Less', [whole, emitter.float(0)]), f32);
  const bytes = emitter.emit('Add', [whole, emitter.emit('Mul', [negative, emitter.float(256)])]);
  const byWord = emitter.reshape(emitter.cast(bytes, u32), [(count * head) / 4, 4]);
  const shifted = emitter.emit('BitShift', [byWord, emitter.tensor(shifts, [4])], {
    direction: { string: 'LEFT' },
  });
  const parts = [0, 1, 2, 3].map((i) => emitter.slice(shifted, [1], [i], [i + 1]));
  const packed = parts.reduce((all, part) => emitter.emit('BitwiseOr', [all, part]));
  const scales = emitter.emit('Div', [guarded, emitter.float(127)]);
  return [emitter.reshape(packed, outputs[0]!.shape), emitter.reshape(scales, outputs[1]!.shape)];
}

/**
 * Packed words as (heads, width of one). A word that is moved right by some bytes has the wanted one lowest, and that is what
 * a cast to eight bits keeps of it.
 */
function unpack(
  emitter: OnnxEmitter,
  packed: string,
  scales: string,
  { count, words }: ReturnType<typeof packedHeads>,
): string {
  const column = emitter.reshape(packed, [count * words, 1]);
  const shifted = emitter.emit('BitShift', [column, emitter.tensor(shifts, [4])], {
    direction: { string: 'RIGHT' },
  });
  const bytes = emitter.reshape(emitter.cast(shifted, i8), [count, 4 * words]);
  return emitter.emit('DequantizeLinear', [bytes, emitter.reshape(scales, [count])], { axis: { int: 0 } });
}

export function dequantizeHeadsOnnx({
  emitter,
  inputs,
  outputs,
  inputNames: [packed, scales],
}: OnnxContext<Record<never, never>>): readonly string[] {
  return [emitter.reshape(unpack(emitter, packed!, scales!, packedHeads(inputs)), outputs[0]!.shape)];
}
