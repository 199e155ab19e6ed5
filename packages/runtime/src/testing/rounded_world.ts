import { matrixShape } from '@snowglobe/graph/internal';
import type { QuantizedMatrix, WeightFormat } from '@snowglobe/kernels';
import { packMatrix } from '@snowglobe/kernels';
import type { WorldContents } from '@snowglobe/model';
import { quantizeWorldFile } from '@snowglobe/model/internal';

/** A format for matrices of so many inputs, or undefined where they stay floats. */
export type ChooseFormat = (depth: number, isFilter: boolean) => WeightFormat | undefined;

/** Every group's largest magnitude becomes the largest value: rounding to nearest, symmetric, without a codebook. */
export function roundMatrix(
  weights: Float32Array,
  shape: readonly [inputs: number, outputs: number],
  format: WeightFormat,
): QuantizedMatrix {
  const [k, n] = shape;
  const { bits, group } = format;
  const groups = Math.ceil(k / group);
  const middle = 2 ** (bits - 1);
  const largest = new Float64Array(n * groups);
  const groupOf = (i: number, column: number): number => column * groups + Math.floor(i / group);
  for (let i = 0; i < k; i++) {
    for (let column = 0; column < n; column++) {
      const at = groupOf(i, column);
      largest[at] = Math.max(largest[at]!, Math.abs(weights[i * n + column]!));
    }
  }
  const scales = Float32Array.from(largest, (value) => value / (middle - 1));
  const values = Float64Array.from({ length: n * k }, (_, at) => {
    const [column, i] = [Math.floor(at / k), at % k];
    const scale = scales[groupOf(i, column)]!;
    const steps = scale > 0 ? Math.round(weights[i * n + column]! / scale) : 0;
    return Math.min(2 * middle - 1, steps + middle);
  });
  const zeroPoints = format.zeroPoints && new Uint8Array(n * groups).fill(middle);
  return packMatrix({ format, shape, values, scales, ...(zeroPoints && { zeroPoints }) });
}

/** A world with every matrix and filter rounded to nearest that `choose` has a format for. */
export function roundedWorld<F extends WorldContents>(file: F, choose: ChooseFormat): F {
  const matrices = new Map<string, QuantizedMatrix>();
  for (const [name, { shape, data }] of file.tensors) {
    const isFilter = name.endsWith('/filter');
    if (!isFilter && !name.endsWith('/weight')) continue;
    const matrix = matrixShape(shape);
    const format = choose(matrix[0], isFilter);
    if (format) matrices.set(name, roundMatrix(data as Float32Array, matrix, format));
  }
  return quantizeWorldFile(file, matrices, { scheme: 'rounded' });
}

/** One scale a column: the power of two that holds its inputs. */
export const perChannel = (depth: number): number => Math.max(16, 2 ** Math.ceil(Math.log2(depth)));
