import type { TensorSpec } from '@snowglobe/graph';
import type { ReferenceArray, ReferenceContext } from '../../kernel/kernel.js';
import { pointwiseFunctions } from '../pointwise/functions.js';
import { roundToEven } from '../../numerics/round_to_even.js';
import { byteScale } from '../../numerics/rounding.js';
import type { MatmulQuantizedAttributes } from './matmul_quantized.js';
import { matmulQuantizedOperands, matmulQuantizedShape, middle } from './matmul_quantized.js';
import { unpackValue } from './pack.js';

export function matmulQuantizedReference({
  inputs,
  attributes,
  inputData,
  outputData,
}: ReferenceContext<MatmulQuantizedAttributes>): void {
  const { m, n, k } = matmulQuantizedShape(inputs, attributes);
  const { activationBits, activation } = attributes;
  const at = matmulQuantizedOperands(inputs.length, attributes);
  const bias = at.bias && inputData[at.bias];
  const residual = at.residual && inputData[at.residual];
  const activate = activation === 'none' ? (x: number) => x : pointwiseFunctions[activation].evaluate;
  const a = inputData[0]!;
  const rows = activationBits === 8 ? roundedRows(a, m, k) : a;
  for (let column = 0; column < n; column++) {
    const weights = columnWeights(inputs, attributes, inputData, column);
    for (let row = 0; row < m; row++) {
      let total = bias ? bias[column]! : 0;
      for (let i = 0; i < k; i++) total += rows[row * k + i]! * weights[i]!;
      const index = row * n + column;
      outputData[0]![index] = activate(total) + (residual ? residual[index]! : 0);
    }
  }
}

/** The (K) weights of one column. */
export function columnWeights(
  inputs: readonly TensorSpec[],
  attributes: Pick<MatmulQuantizedAttributes, 'bits' | 'group' | 'depth' | 'hasZeroPoints' | 'codebook'>,
  [, packed, scales, third]: readonly ReferenceArray[],
  column: number,
): Float64Array {
  const { k, groups, words, zeroWords } = matmulQuantizedShape(inputs, attributes);
  const { bits, group, hasZeroPoints, codebook } = attributes;
  return Float64Array.from({ length: k }, (_, i) => {
    const at = Math.floor(i / group);
    const zero = hasZeroPoints ? unpackValue(third!, column, zeroWords, at, bits) : middle(bits);
    const value = unpackValue(packed!, column, words, i, bits);
    const steps = codebook.length > 0 ? Math.fround(codebook[value]!) : value - zero;
    return steps * scales![column * groups + at]!;
  });
}

/** Rows as signed bytes times a scale, the largest magnitude being 127. */
function roundedRows(a: ReferenceArray, m: number, k: number): Float64Array {
  const result = new Float64Array(m * k);
  for (let row = 0; row < m; row++) {
    const values = Array.from(a.subarray(row * k, (row + 1) * k));
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const { factor, step } = byteScale(largest);
    values.forEach((value, i) => {
      result[row * k + i] = roundToEven(Math.fround(value * factor)) * step;
    });
  }
  return result;
}
