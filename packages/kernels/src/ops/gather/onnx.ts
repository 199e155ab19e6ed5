import type { OnnxContext } from '../../kernel/kernel.js';
import type { NoAttributes, ScatterAddAttributes } from './gather.js';

export function gatherRowsOnnx({ emitter, inputNames }: OnnxContext<NoAttributes>): readonly string[] {
  return [emitter.emit('Gather', [inputNames[0]!, emitter.indices(inputNames[1]!)], { axis: { int: 0 } })];
}

/**
 * `ScatterND` with addition: measured 40 to 100 times as fast as `ScatterElements` and, above a hundred rows, as a
 * matmul with one-hot rows.
 */
export function scatterAddRowsOnnx({
  emitter,
  inputs,
  outputs,
  inputNames: [values, indices],
}: OnnxContext<ScatterAddAttributes>): readonly string[] {
  const { shape } = outputs[0]!;
  const zeros = emitter.emit('Expand', [emitter.float(0), emitter.int64s(shape)]);
  return [
    emitter.emit('ScatterND', [zeros, columnOf(emitter, indices!, inputs[1]!.shape), values!], {
      reduction: { string: 'add' },
    }),
  ];
}

export function scatterRowsOnnx({
  emitter,
  inputs,
  inputNames: [table, values, indices],
}: OnnxContext<NoAttributes>): readonly string[] {
  return [emitter.emit('ScatterND', [table!, columnOf(emitter, indices!, inputs[2]!.shape), values!])];
}

/** Indices (…) as `ScatterND` wants them: (…, 1) of int64. */
function columnOf(
  emitter: OnnxContext<NoAttributes>['emitter'],
  indices: string,
  shape: readonly number[],
): string {
  return emitter.reshape(emitter.indices(indices), [...shape, 1]);
}
