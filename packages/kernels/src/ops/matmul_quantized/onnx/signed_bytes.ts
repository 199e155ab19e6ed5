import type { TensorData } from '@snowglobe/graph';
import type { MatmulQuantizedAttributes, MatmulQuantizedShape } from '../matmul_quantized.js';
import { middle } from '../matmul_quantized.js';
import { unpackValue } from '../pack.js';
import { integerCodebook } from './nibbles.js';

/** Weights with one group a column as signed bytes (K, N). */
export interface SignedBytes {
  readonly bytes: Int8Array;
  /** (N) */
  readonly scales: Float32Array;
  /** (N); absent where all are 0. */
  readonly zeroPoints: Int8Array | undefined;
}

/** Nothing where weights are from a codebook that holds no multiples of one number. */
export function signedBytesOf(
  packed: TensorData,
  scales: TensorData,
  zeros: TensorData | undefined,
  { n, k, words, zeroWords }: MatmulQuantizedShape,
  { bits, codebook }: Pick<MatmulQuantizedAttributes, 'bits' | 'codebook'>,
): SignedBytes | undefined {
  const whole = codebook.length > 0 ? integerCodebook(codebook) : undefined;
  if (codebook.length > 0 && !whole) return undefined;
  const offset = middle(bits);
  const ofValue = whole?.values ?? Array.from({ length: 2 ** bits }, (_, q) => q - offset);
  const bytes = new Int8Array(k * n);
  for (let column = 0; column < n; column++) {
    for (let i = 0; i < k; i++) bytes[i * n + column] = ofValue[unpackValue(packed, column, words, i, bits)]!;
  }
  return {
    bytes,
    scales: Float32Array.from({ length: n }, (_, column) => scales[column]! * (whole?.unit ?? 1)),
    zeroPoints:
      zeros &&
      Int8Array.from({ length: n }, (_, column) => unpackValue(zeros, column, zeroWords, 0, bits) - offset),
  };
}
