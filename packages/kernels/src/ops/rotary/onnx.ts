import type { OnnxContext } from '../../kernel/kernel.js';
import { rotaryNode } from '../../onnx/rotary_node.js';
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
