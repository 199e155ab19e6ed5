import type { ReferenceContext } from '../kernel.js';
import type { MatmulQuantizedAttributes } from './matmul_quantized.js';
import { matmulQuantizedShape, middle } from './matmul_quantized.js';
import { unpackValue } from './pack.js';

export function matmulQuantizedReference({
  inputs,
  attributes,
  inputData,
  outputData,
}: ReferenceContext<MatmulQuantizedAttributes>): void {
  const { m, n, k, groups, words, zeroWords } = matmulQuantizedShape(inputs, attributes);
  const { bits, group, hasZeroPoints } = attributes;
  const [a, packed, scales] = inputData;
  const zeros = hasZeroPoints ? inputData[3] : undefined;
  const bias = inputData[hasZeroPoints ? 4 : 3];
  for (let column = 0; column < n; column++) {
    const weights = Float64Array.from({ length: k }, (_, i) => {
      const at = Math.floor(i / group);
      const zero = zeros ? unpackValue(zeros, column, zeroWords, at, bits) : middle(bits);
      return (unpackValue(packed!, column, words, i, bits) - zero) * scales![column * groups + at]!;
    });
    for (let row = 0; row < m; row++) {
      let total = bias ? bias[column]! : 0;
      for (let i = 0; i < k; i++) total += a![row * k + i]! * weights[i]!;
      outputData[0]![row * n + column] = total;
    }
  }
}
