import { sizeOf } from '@snowglobe/graph';
import type { OnnxContext } from '../../kernel/kernel.js';
import { rotaryNode } from '../../onnx/rotary_node.js';
import type { SplitHeadsAttributes } from './split_heads.js';

/** The steps of which it was made. */
export function splitHeadsOnnx({
  emitter,
  inputs,
  outputs,
  inputNames,
  attributes: { headWidth, epsilon, inverse, parts },
}: OnnxContext<SplitHeadsAttributes>): readonly string[] {
  const [x, cos, sin] = inputNames as [string, string, string];
  return parts.map(({ start, heads, normalize, rotate }, part) => {
    const { shape } = outputs[part]!;
    const rows = sizeOf(shape.slice(0, -1));
    let value = emitter.slice(x, [shape.length - 1], [start], [start + heads * headWidth]);
    if (normalize) {
      const gain = emitter.tensor(new Float32Array(headWidth).fill(1), [headWidth]);
      const perHead = emitter.reshape(value, [rows, heads, headWidth]);
      const attributes = { axis: { int: -1 }, epsilon: { float: epsilon }, stash_type: { int: 1 } };
      value = emitter.emit('SimplifiedLayerNormalization', [perHead, gain], attributes);
    }
    if (rotate) {
      const frames = inputs[1]!.shape[0]!;
      const turn = inverse ? emitter.emit('Neg', [sin]) : sin;
      const grouped = [rows / frames, frames, heads * headWidth];
      value = rotaryNode(emitter, emitter.reshape(value, grouped), cos, turn, grouped);
    }
    return emitter.reshape(value, shape);
  });
}
