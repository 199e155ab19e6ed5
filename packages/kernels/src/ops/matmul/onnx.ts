import { sizeOf } from '@snowglobe/graph';
import type { OnnxContext } from '../../kernel/kernel.js';
import { pointwiseFunctions } from '../pointwise/functions.js';
import type { MatmulAttributes } from './matmul.js';
import { matmulOperands } from './matmul.js';

/**
 * Two-dimensional matmuls become `Gemm`, which takes transposed operands and the bias as they are; batched ones
 * `MatMul`, or the contrib `FusedMatMul` where an operand is transposed, which spares a copy of it.
 */
export function matmulOnnx({
  emitter,
  inputs,
  outputs,
  inputNames,
  attributes,
}: OnnxContext<MatmulAttributes>): readonly string[] {
  const { transposeA, transposeB, activation } = attributes;
  const [a, b] = inputs;
  const { a: aName, b: bName, bias: biasName, residual } = matmulOperands(inputNames, attributes);
  const transposes = { transA: { int: transposeA ? 1 : 0 }, transB: { int: transposeB ? 1 : 0 } };
  let result: string;
  if (b!.shape.length === 2 && (a!.shape.length === 2 || !transposeA)) {
    const rows =
      a!.shape.length === 2
        ? aName
        : emitter.reshape(aName, [sizeOf(a!.shape.slice(0, -1)), a!.shape.at(-1)!]);
    const product = emitter.emit('Gemm', biasName ? [rows, bName, biasName] : [rows, bName], transposes);
    result = a!.shape.length === 2 ? product : emitter.reshape(product, outputs[0]!.shape);
  } else {
    result =
      transposeA || transposeB
        ? emitter.emit('FusedMatMul', [aName, bName], transposes, 'com.microsoft')
        : emitter.emit('MatMul', [aName, bName]);
    if (biasName) result = emitter.emit('Add', [result, biasName]);
  }
  if (activation !== 'none') result = pointwiseFunctions[activation].onnx(emitter, result);
  return [residual ? emitter.emit('Add', [result, residual]) : result];
}
