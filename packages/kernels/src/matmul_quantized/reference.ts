import type { ReferenceArray, ReferenceContext } from '../kernel.js';
import type { MatmulQuantizedAttributes } from './matmul_quantized.js';
import { matmulQuantizedShape, middle } from './matmul_quantized.js';
import { roundToEven } from '../rounding.js';
import { unpackValue } from './pack.js';

export function matmulQuantizedReference({
  inputs,
  attributes,
  inputData,
  outputData,
}: ReferenceContext<MatmulQuantizedAttributes>): void {
  const { m, n, k, groups, words, zeroWords } = matmulQuantizedShape(inputs, attributes);
  const { bits, group, hasZeroPoints, activationBits } = attributes;
  const [a, packed, scales] = inputData;
  const zeros = hasZeroPoints ? inputData[3] : undefined;
  const bias = inputData[hasZeroPoints ? 4 : 3];
  const rows = activationBits === 8 ? roundedRows(a!, m, k) : a!;
  for (let column = 0; column < n; column++) {
    const weights = Float64Array.from({ length: k }, (_, i) => {
      const at = Math.floor(i / group);
      const zero = zeros ? unpackValue(zeros, column, zeroWords, at, bits) : middle(bits);
      return (unpackValue(packed!, column, words, i, bits) - zero) * scales![column * groups + at]!;
    });
    for (let row = 0; row < m; row++) {
      let total = bias ? bias[column]! : 0;
      for (let i = 0; i < k; i++) total += rows[row * k + i]! * weights[i]!;
      outputData[0]![row * n + column] = total;
    }
  }
}

/** Rows as signed bytes times a scale, the largest magnitude being 127. */
function roundedRows(a: ReferenceArray, m: number, k: number): Float64Array {
  const result = new Float64Array(m * k);
  for (let row = 0; row < m; row++) {
    const values = Array.from(a.subarray(row * k, (row + 1) * k));
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    if (largest === 0) continue;
    const factor = Math.fround(127 / largest);
    values.forEach((value, i) => {
      result[row * k + i] = (roundToEven(Math.fround(value * factor)) * largest) / 127;
    });
  }
  return result;
}
