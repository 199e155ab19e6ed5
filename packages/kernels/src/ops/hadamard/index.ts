import type { OnnxContext, ReferenceContext } from '../../kernel/kernel.js';
import { defineKernel } from '../../kernel/kernel.js';
import type { HadamardAttributes } from './hadamard.js';
import { hadamardOp } from './hadamard.js';
import { transform } from './transform.js';
import { hadamardWebgpu } from './webgpu.js';

function hadamardReference({
  attributes: { size },
  inputData: [x],
  outputData: [result],
}: ReferenceContext<HadamardAttributes>): void {
  const exact = Float64Array.from(x!);
  for (let first = 0; first < exact.length; first += size) transform(exact, first, 1, size);
  result!.set(exact);
}

/** A matmul with the constant matrix: ONNX knows no such transform. */
function hadamardOnnx({
  emitter,
  outputs,
  inputNames,
  attributes: { size },
}: OnnxContext<HadamardAttributes>): readonly string[] {
  const matrix = new Float32Array(size * size);
  for (let row = 0; row < size; row++) {
    matrix[row * size + row] = 1;
    transform(matrix, row * size, 1, size);
  }
  const blocks = emitter.reshape(inputNames[0]!, [-1, size]);
  const turned = emitter.emit('Gemm', [blocks, emitter.tensor(matrix, [size, size])]);
  return [emitter.reshape(turned, outputs[0]!.shape)];
}

export const hadamardKernel = defineKernel({
  op: hadamardOp,
  reference: hadamardReference,
  onnx: hadamardOnnx,
  webgpu: hadamardWebgpu,
});
