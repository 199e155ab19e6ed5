import type { OnnxContext } from '../../kernel/kernel.js';
import type { NoAttributes } from './softmax.js';

const lastAxis = { axis: { int: -1 } };

export function softmaxOnnx({ emitter, inputNames }: OnnxContext<NoAttributes>): readonly string[] {
  return [emitter.emit('Softmax', [inputNames[0]!], lastAxis)];
}

export function logSoftmaxOnnx({ emitter, inputNames }: OnnxContext<NoAttributes>): readonly string[] {
  return [emitter.emit('LogSoftmax', [inputNames[0]!], lastAxis)];
}

export function softmaxGradientOnnx({ emitter, inputNames }: OnnxContext<NoAttributes>): readonly string[] {
  const [y, g] = inputNames as [string, string];
  const along = emitter.sum(emitter.emit('Mul', [y, g]), [-1]);
  return [emitter.emit('Mul', [y, emitter.emit('Sub', [g, along])])];
}

export function logSoftmaxGradientOnnx({
  emitter,
  inputNames,
}: OnnxContext<NoAttributes>): readonly string[] {
  const [y, g] = inputNames as [string, string];
  const spread = emitter.emit('Mul', [emitter.emit('Exp', [y]), emitter.sum(g, [-1])]);
  return [emitter.emit('Sub', [g, spread])];
}
