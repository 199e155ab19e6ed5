import { unpackValue, wordsOf } from '../matmul_quantized/pack.js';
import { checkQuantizedMatrix, groupsOf } from './check.js';
import type { QuantizedMatrix } from './format.js';

/**
 * The effective weight of a quantized matrix: W (K, N), row-major, such that x · W is what the quantized product gives for x, up
 * to rounding, with rotation and smoothing undone: W = diag(smooth) · H · stored, H symmetric and block diagonal. Rounding of
 * activations (`activationBits`) is no property of the weight and not part of it.
 *
 * Computed in double precision: the oracle of every kernel, and what reports compare with.
 *
 * @param what the matrix in words, for messages: its variable's name
 * @throws SnowglobeError when the matrix is not whole, see `checkQuantizedMatrix`
 */
export function dequantizeMatrix(matrix: QuantizedMatrix, what?: string): Float32Array {
  return Float32Array.from(dequantizeExactly(matrix, what));
}

/** `dequantizeMatrix` without the last rounding. */
export function dequantizeExactly(matrix: QuantizedMatrix, what?: string): Float64Array {
  checkQuantizedMatrix(matrix, what);
  const { format, shape, packed, scales, zeroPoints, smooth } = matrix;
  const { bits, group, codebook, rotation } = format;
  const [k, n] = shape;
  const groups = groupsOf(k, format);
  const words = wordsOf(groups * group, bits);
  const zeroWords = wordsOf(groups, bits);
  const result = new Float64Array(k * n);
  for (let column = 0; column < n; column++) {
    for (let i = 0; i < k; i++) {
      const at = Math.floor(i / group);
      const value = unpackValue(packed, column, words, i, bits);
      const zero = zeroPoints ? unpackValue(zeroPoints, column, zeroWords, at, bits) : 2 ** (bits - 1);
      // Executors hold a codebook as 32-bit floats.
      const steps = codebook ? Math.fround(codebook[value]!) : value - zero;
      result[i * n + column] = steps * scales[column * groups + at]!;
    }
  }
  if (rotation) rotateColumns(result, n, rotation);
  if (smooth) for (let i = 0; i < result.length; i++) result[i]! *= smooth[Math.floor(i / n)]!;
  return result;
}

/** Multiplies (K, N) from the left by normalised Hadamard matrices of `size`, in place: the fast Walsh-Hadamard transform. */
function rotateColumns(matrix: Float64Array, n: number, size: number): void {
  const rows = matrix.length / n;
  for (let half = 1; half < size; half *= 2) {
    for (let row = 0; row < rows; row++) {
      if (row & half) continue;
      for (let column = 0; column < n; column++) {
        const one = row * n + column;
        const other = one + half * n;
        const [a, b] = [matrix[one]!, matrix[other]!];
        matrix[one] = a + b;
        matrix[other] = a - b;
      }
    }
  }
  for (let i = 0; i < matrix.length; i++) matrix[i]! /= Math.sqrt(size);
}
