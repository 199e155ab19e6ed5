import { sizeOf } from '@snowglobe/graph';
import type { OnnxContext } from '../../kernel/kernel.js';
import type { NoAttributes, RmsNormAttributes } from './rms_norm.js';

/**
 * ONNX Runtime's own `SimplifiedLayerNormalization`, which also gives the inverse root mean square: measured 5 to 10
 * times as fast as the same in elementary nodes. It stands in the domain of ONNX, which does not have it, so a portable model
 * has the nodes.
 */
export function rmsNormOnnx({
  emitter,
  inputs,
  inputNames,
  attributes: { epsilon },
}: OnnxContext<RmsNormAttributes>): readonly string[] {
  const channels = inputs[0]!.shape.at(-1)!;
  const gain = inputNames[1] ?? emitter.tensor(new Float32Array(channels).fill(1), [channels]);
  if (emitter.isPortable) {
    // These very nodes, in this order, ONNX Runtime makes one of when it loads the model.
    const square = emitter.emit('Pow', [inputNames[0]!, emitter.float(2)]);
    const mean = emitter.emit('ReduceMean', [square, emitter.int64s([-1])], { keepdims: { int: 1 } });
    const root = emitter.emit('Sqrt', [emitter.emit('Add', [mean, emitter.float(epsilon)])]);
    const y = emitter.emit('Mul', [emitter.emit('Div', [inputNames[0]!, root]), gain]);
    return [y, emitter.emit('Reciprocal', [root])];
  }
  return emitter.emitMany('SimplifiedLayerNormalization', [inputNames[0]!, gain], 2, {
    axis: { int: -1 },
    epsilon: { float: epsilon },
    stash_type: { int: 1 },
  });
}

/**
 * The sums over channels and over rows are matrix-vector products of g·x, which ONNX Runtime computes once for both
 * gradients.
 */
export function rmsNormGradientOnnx({
  emitter,
  inputs,
  inputNames,
}: OnnxContext<NoAttributes>): readonly string[] {
  const [x, r, g, gain] = inputNames as [string, string, string, string | undefined];
  const channels = inputs[0]!.shape.at(-1)!;
  const weights = gain ?? emitter.tensor(new Float32Array(channels).fill(1), [channels]);
  const along = emitter.emit('MatMul', [
    emitter.emit('Mul', [g, x]),
    emitter.reshape(weights, [channels, 1]),
  ]);
  const mean = emitter.emit('Mul', [along, emitter.float(1 / channels)]);
  const pull = emitter.emit('Mul', [emitter.emit('Mul', [r, r]), mean]);
  const scaled = gain ? emitter.emit('Mul', [g, gain]) : g;
  return [emitter.emit('Mul', [r, emitter.emit('Sub', [scaled, emitter.emit('Mul', [x, pull])])])];
}

export function rmsNormGainGradientOnnx({
  emitter,
  inputs,
  inputNames,
}: OnnxContext<NoAttributes>): readonly string[] {
  const [x, r, g] = inputNames as [string, string, string];
  const channels = inputs[0]!.shape.at(-1)!;
  const rows = sizeOf(inputs[1]!.shape);
  const products = emitter.reshape(emitter.emit('Mul', [g, x]), [rows, channels]);
  return [emitter.reshape(emitter.emit('MatMul', [emitter.reshape(r, [1, rows]), products]), [channels])];
}
