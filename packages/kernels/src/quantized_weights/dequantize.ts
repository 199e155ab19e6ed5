import { transform } from '../ops/hadamard/transform.js';
import { unpackValue, wordsOf } from '../ops/matmul_quantized/pack.js';
import { checkQuantizedMatrix, groupsOf } from './check.js';
import type { QuantizedMatrix } from './format.js';

/**
 * The effective weight of a quantized matrix: W (K, N), row-major, such that x · W is what the quantized matmul gives for x, up
 * to rounding, with rotation and smoothing undone: W = diag(smooth) · H · stored, H symmetric and block diagonal. Rounding of
 * activations (`activationBits`) is no property of the weight and not part of it.
 *
 * Computed in double precision: the oracle of every kernel, and what reports compare with.
 *
 * @param what the matrix in words, for messages: its variable's name
 * @throws SnowglobeError when the matrix is not whole, see `checkQuantizedMatrix`
 */
export function dequantizeMatrix(matrix: QuantizedMatrix, what?: string): Float32Array {
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
  if (rotation) {
    for (let row = 0; row < k; row += rotation) {
      for (let column = 0; column < n; column++) transform(result, row * n + column, n, rotation);
    }
  }
  if (smooth) for (let i = 0; i < result.length; i++) result[i]! *= smooth[Math.floor(i / n)]!;
  return Float32Array.from(result);
}
