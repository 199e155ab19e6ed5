import { sizeOf } from '@snowglobe/graph';
import type { OnnxContext } from '../../kernel/kernel.js';
import type { NoAttributes } from './cross_entropy.js';

/** Rows of log-probabilities (R, V). ONNX Runtime computes equal nodes once, so the gradient shares the loss's. */
function logProbabilities({ emitter, inputs, inputNames }: OnnxContext<NoAttributes>): string {
  const classes = inputs[0]!.shape.at(-1)!;
  const rows = emitter.reshape(inputNames[0]!, [sizeOf(inputs[1]!.shape), classes]);
  return emitter.emit('LogSoftmax', [rows], { axis: { int: -1 } });
}

/** `SoftmaxCrossEntropyLoss`, `ReduceLogSumExp`, and a maximum, exponentials and their sum all took 5 times as long. */
export function crossEntropyOnnx(context: OnnxContext<NoAttributes>): readonly string[] {
  const { emitter, inputs, inputNames } = context;
  const column = emitter.reshape(emitter.indices(inputNames[1]!), [sizeOf(inputs[1]!.shape), 1]);
  const likely = emitter.emit('GatherElements', [logProbabilities(context), column], { axis: { int: 1 } });
  return [emitter.reshape(emitter.emit('Neg', [likely]), inputs[1]!.shape)];
}

/** Adding −g at the targets spares the one-hot rows, which are as large as the logits. */
export function crossEntropyGradientOnnx(context: OnnxContext<NoAttributes>): readonly string[] {
  const { emitter, inputs, inputNames } = context;
  const rows = sizeOf(inputs[1]!.shape);
  const targets = emitter.reshape(emitter.indices(inputNames[1]!), [rows, 1]);
  const g = emitter.reshape(inputNames[2]!, [rows, 1]);
  const weighed = emitter.emit('Mul', [emitter.emit('Exp', [logProbabilities(context)]), g]);
  const result = emitter.emit('ScatterElements', [weighed, targets, emitter.emit('Neg', [g])], {
    axis: { int: 1 },
    reduction: { string: 'add' },
  });
  return [emitter.reshape(result, inputs[0]!.shape)];
}
