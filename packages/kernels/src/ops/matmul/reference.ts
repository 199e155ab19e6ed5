import type { ReferenceContext } from '../../kernel/kernel.js';
import { pointwiseFunctions } from '../pointwise/functions.js';
import type { MatmulAttributes } from './matmul.js';
import { matmulOperands, matmulShape } from './matmul.js';

export function matmulReference({
  inputs,
  attributes,
  inputData,
  outputData,
}: ReferenceContext<MatmulAttributes>): void {
  const { batch, m, n, k, shared } = matmulShape(inputs, attributes);
  const { a, b, bias, residual } = matmulOperands(inputData, attributes);
  const { transposeA, transposeB, activation } = attributes;
  const activate = activation === 'none' ? (x: number) => x : pointwiseFunctions[activation].evaluate;
  for (let item = 0; item < batch; item++) {
    const aBase = item * m * k;
    const bBase = shared ? 0 : item * k * n;
    for (let row = 0; row < m; row++) {
      for (let column = 0; column < n; column++) {
        let total = bias ? bias[column]! : 0;
        for (let i = 0; i < k; i++) {
          const x = a[aBase + (transposeA ? i * m + row : row * k + i)]!;
          const y = b[bBase + (transposeB ? column * k + i : i * n + column)]!;
          total += x * y;
        }
        const index = (item * m + row) * n + column;
        outputData[0]![index] = activate(total) + (residual ? residual[index]! : 0);
      }
    }
  }
}
