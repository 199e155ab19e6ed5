import { SnowglobeError } from '@snowglobe/graph';
import { formatShape } from '@snowglobe/graph/internal';
import { packRows } from '../ops/matmul_quantized/pack.js';
import { checkQuantizedMatrix, checkWeightFormat, groupsOf } from './check.js';
import type { QuantizedMatrix, WeightFormat } from './format.js';

/** A matrix (K, N) as integers, not packed yet. */
export interface MatrixValues {
  readonly format: WeightFormat;
  readonly shape: readonly [inputs: number, outputs: number];
  /** (N, K), each in 0 … 2^bits − 1: of W^T, as it is stored (rotated and smoothed, where the format is). */
  readonly values: ArrayLike<number>;
  /** (N, groups) */
  readonly scales: Float32Array;
  /** (N, groups), each in 0 … 2^bits − 1, where the format has them. */
  readonly zeroPoints?: ArrayLike<number>;
  /** (K), where the format has it. */
  readonly smooth?: Float32Array;
}

/**
 * Packs integers. What pads the last group of a column is 0.
 * @param what the matrix in words, for messages: its variable's name
 * @throws SnowglobeError for values that do not fit and parts of the wrong size
 */
export function packMatrix(matrix: MatrixValues, what = 'quantized matrix'): QuantizedMatrix {
  const { format, shape, values, scales, zeroPoints, smooth } = matrix;
  const [k, n] = shape;
  checkWeightFormat(format, k, what);
  const groups = groupsOf(k, format);
  const expect = (part: string, data: ArrayLike<number>, rows: number, columns: number): void => {
    if (data.length === rows * columns) return;
    throw new SnowglobeError(
      `${what}: ${data.length} ${part} do not fill ${formatShape([rows, columns])}; give one each.`,
    );
  };
  expect('values', values, n, k);
  if (zeroPoints) expect('zero points', zeroPoints, n, groups);
  const depth = groups * format.group;
  const padded = new Float64Array(n * depth);
  for (let column = 0; column < n; column++) {
    for (let i = 0; i < k; i++) padded[column * depth + i] = values[column * k + i]!;
  }
  const packed: QuantizedMatrix = {
    format,
    shape,
    packed: packRows(padded, n, depth, format.bits),
    scales,
    ...(zeroPoints && { zeroPoints: packRows(zeroPoints, n, groups, format.bits) }),
    ...(smooth && { smooth }),
  };
  checkQuantizedMatrix(packed, what);
  return packed;
}
