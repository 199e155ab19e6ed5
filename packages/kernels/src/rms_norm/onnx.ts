import type { OnnxEmitter } from '../onnx/emitter.js';
import type { OnnxContext } from '../kernel.js';
import type { RmsNormAttributes } from './rms_norm.js';

/** 1 / sqrt(mean square + epsilon) along the last axis, which is kept with length 1. */
function inverseNorm(emitter: OnnxEmitter, x: string, epsilon: number): string {
  const square = emitter.emit('Mul', [x, x]);
  const mean = emitter.emit('ReduceMean', [square, emitter.int64s([-1])], { keepdims: { int: 1 } });
  return emitter.emit('Reciprocal', [
    emitter.emit('Sqrt', [emitter.emit('Add', [mean, emitter.float(epsilon)])]),
  ]);
}

/** ONNX Runtime's `SimplifiedLayerNormalization` is this norm in one pass. */
export function rmsNormOnnx({
  emitter,
  inputs,
  inputNames: [x, gain],
  attributes: { epsilon },
}: OnnxContext<RmsNormAttributes>): readonly string[] {
  const channels = inputs[0]!.shape.at(-1)!;
  const scale = gain ?? emitter.tensor(new Float32Array(channels).fill(1), [channels]);
  return [
    emitter.emit('SimplifiedLayerNormalization', [x!, scale], {
      axis: { int: -1 },
      epsilon: { float: epsilon },
      stash_type: { int: 1 },
    }),
  ];
}

export function rmsNormGradientOnnx({
  emitter,
  inputNames: [x, g],
  attributes: { epsilon },
}: OnnxContext<RmsNormAttributes>): readonly string[] {
  const scale = inverseNorm(emitter, x!, epsilon);
  const normal = emitter.emit('Mul', [x!, scale]);
  const projection = emitter.emit('ReduceMean', [emitter.emit('Mul', [g!, normal]), emitter.int64s([-1])], {
    keepdims: { int: 1 },
  });
  const rest = emitter.emit('Sub', [g!, emitter.emit('Mul', [normal, projection])]);
  return [emitter.emit('Mul', [scale, rest])];
}
