import type { ReferenceContext } from '../../kernel/kernel.js';
import { matmulQuantizedOperands } from '../matmul_quantized/matmul_quantized.js';
import { columnWeights } from '../matmul_quantized/reference.js';
import { pointwiseFunctions } from '../pointwise/functions.js';
import type { Conv2dQuantizedAttributes } from './conv2d_quantized.js';
import { conv2dQuantizedShape } from './conv2d_quantized.js';

export function conv2dQuantizedReference({
  inputs,
  attributes,
  inputData,
  outputData,
}: ReferenceContext<Conv2dQuantizedAttributes>): void {
  const { m, n, height, width, channels } = conv2dQuantizedShape(inputs, attributes);
  const { size, activation } = attributes;
  const at = matmulQuantizedOperands(inputs.length, attributes);
  const bias = at.bias && inputData[at.bias];
  const residual = at.residual && inputData[at.residual];
  const activate = activation === 'none' ? (x: number) => x : pointwiseFunctions[activation].evaluate;
  const radius = (size - 1) / 2;
  const x = inputData[0]!;
  for (let column = 0; column < n; column++) {
    const weights = columnWeights(inputs, attributes, inputData, column);
    for (let pixel = 0; pixel < m; pixel++) {
      const left = pixel % width;
      const top = Math.floor(pixel / width) % height;
      let total = bias ? bias[column]! : 0;
      for (let tap = 0; tap < size * size; tap++) {
        const dy = Math.floor(tap / size) - radius;
        const dx = (tap % size) - radius;
        if (top + dy < 0 || top + dy >= height || left + dx < 0 || left + dx >= width) continue;
        const first = (pixel + dy * width + dx) * channels;
        for (let c = 0; c < channels; c++) total += x[first + c]! * weights[tap * channels + c]!;
      }
      const index = pixel * n + column;
      outputData[0]![index] = activate(total) + (residual ? residual[index]! : 0);
    }
  }
}
