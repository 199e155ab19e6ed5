import { SnowglobeError } from '@snowglobe/graph';
import type { WeightFormat } from '@snowglobe/kernels';
import { cholesky, inverseOf, solveInPlace } from '../algebra/cholesky.js';
import type { Columns } from '../algebra/matrix.js';
import { chooseGrid } from '../schemes/choose_grid.js';
import { roundingOf } from '../schemes/rounding.js';
import type { Grid, Scheme } from '../schemes/scheme.js';
import type { RoundedColumns } from './round.js';
import { gridsOf, groupCount, roundToNearest, valuesOf } from './round.js';
import type { Statistics } from './statistics.js';
import { expectedError, importanceOf } from './statistics.js';

export interface GptqOptions {
  /** How much of the statistics' prior is added to the diagonal of XᵀX; default 1. */
  readonly damping?: number;
  /**
   * Round the inputs with the most energy first, while the others can still make up for them; grids are then chosen
   * beforehand. Default true.
   */
  readonly actOrder?: boolean;
  /** Inputs whose errors are spread exactly, at most; wider matrices are done in such parts. Default 512. */
  readonly part?: number;
}

/** Times ten, so often, until the matrix is positive definite. */
const dampingTries = 6;

/**
 * GPTQ (Frantar et al. 2023, with act-order and static groups as in its reference implementation): inputs of a column are
 * rounded one after the other, and what an input's rounding changes in the output is made up for by those that come after
 * it, by the inverse of XᵀX.
 *
 * Matrices of more than `part` inputs are done part after part: each first makes up for the error of all before it, by
 * least squares. Every column is compared with round-to-nearest on the statistics, and the better of the two is kept.
 */
export function gptq(
  columns: Columns,
  scheme: Scheme,
  format: WeightFormat,
  statistics: Statistics,
  { damping = 1, actOrder = true, part = 512 }: GptqOptions = {},
): RoundedColumns {
  const { inputs, outputs, data } = columns;
  const groups = groupCount(inputs, format);
  const rounding = roundingOf(format);
  const importance = importanceOf(statistics);
  const nearest = roundToNearest(columns, scheme, format, { search: true, importance });
  // Grids of act-order are those of the weights as they are; otherwise each is chosen when its group begins.
  // So are those of groups that reach over several parts.
  const isFixed = actOrder || format.group > part;
  const grids: Grid[] = isFixed ? [...nearest.grids] : gridsOf(columns, scheme, format);
  const values = new Uint8Array(data.length);
  const errors = new Float64Array(data.length);
  const wanted = data.slice();
  const side = isFixed ? part : part - (part % format.group);
  for (let from = 0; from < inputs; from += side) {
    const to = Math.min(inputs, from + side);
    const size = to - from;
    const block = statistics.block(from, to);
    const prior = statistics.prior.subarray(from, to).map((square) => damping * statistics.rows * square);
    const lower = dampedCholesky(block, size, prior);
    if (from > 0) {
      for (let n = 0; n < outputs; n++) {
        const felt = statistics.cross(from, to, errors.subarray(n * inputs, n * inputs + from));
        solveInPlace(lower, size, felt);
        for (let i = 0; i < size; i++) wanted[n * inputs + from + i]! -= felt[i]!;
      }
    }
    const order = Array.from({ length: size }, (_, i) => i);
    if (actOrder) order.sort((a, b) => block[b * size + b]! - block[a * size + a]! || a - b);
    const upper = spread(block, size, order, prior);
    const weights = new Float64Array(size);
    for (let n = 0; n < outputs; n++) {
      const column = n * inputs + from;
      for (let i = 0; i < size; i++) weights[i] = wanted[column + order[i]!]!;
      for (let i = 0; i < size; i++) {
        const k = from + order[i]!;
        const group = Math.floor(k / format.group);
        if (!isFixed && k % format.group === 0) {
          const last = Math.min(inputs, k + format.group);
          grids[n * groups + group] = chooseGrid(weights.slice(i, i + last - k), scheme, format, {
            search: true,
            importance: importance.subarray(k, last),
          });
        }
        const grid = grids[n * groups + group]!;
        const index = rounding.nearest(weights[i]!, grid);
        const value = rounding.value(index, grid);
        values[n * inputs + k] = index;
        errors[n * inputs + k] = value - data[n * inputs + k]!;
        const row = i * size;
        const off = (weights[i]! - value) / upper[row + i]!;
        for (let j = i + 1; j < size; j++) weights[j]! -= off * upper[row + j]!;
      }
    }
  }
  const rounded = { values, grids };
  keepBetter(rounded, nearest, columns, format, statistics);
  return rounded;
}

/** Puts round-to-nearest's columns where they have less error. */
function keepBetter(
  rounded: { readonly values: Uint8Array; readonly grids: Grid[] },
  nearest: RoundedColumns,
  { inputs, outputs, data }: Columns,
  format: WeightFormat,
  statistics: Statistics,
): void {
  const groups = groupCount(inputs, format);
  const errorsOf = (of: RoundedColumns): Float64Array =>
    valuesOf(of, inputs, format).map((value, at) => value - data[at]!);
  const [own, other] = [errorsOf(rounded), errorsOf(nearest)];
  for (let n = 0; n < outputs; n++) {
    const column = (of: Float64Array): Float64Array => of.subarray(n * inputs, (n + 1) * inputs);
    const isBetter = (error: (statistics: Statistics, delta: Float64Array) => number): boolean =>
      error(statistics, column(own)) <= error(statistics, column(other));
    if (isBetter(expectedError) && isBetter((of, delta) => of.error(delta))) continue;
    rounded.values.set(nearest.values.subarray(n * inputs, (n + 1) * inputs), n * inputs);
    for (let g = 0; g < groups; g++) rounded.grids[n * groups + g] = nearest.grids[n * groups + g]!;
  }
}

/** Adds to the diagonal until the matrix is positive definite; returns its triangle. */
function dampedCholesky(matrix: Float64Array, n: number, diagonal: Float64Array): Float64Array {
  for (let attempt = 0, times = 1; attempt < dampingTries; attempt++, times *= 10) {
    const damped = matrix.slice();
    // Where nothing was seen and nothing is reckoned with, any number does.
    for (let i = 0; i < n; i++) damped[i * n + i]! += times * diagonal[i]! || 1;
    const lower = cholesky(damped, n);
    if (lower) return lower;
  }
  throw new SnowglobeError(
    'gptq needs activations whose products XᵀX are a positive semidefinite matrix, and those of its calibration are none; calibrate it anew, or use an algorithm that does not need it (mse, hqq, rtn).',
  );
}

/** The upper triangle U with (XᵀX)⁻¹ = Uᵀ · U, inputs in the given order: how errors spread to later inputs. */
function spread(
  block: Float64Array,
  n: number,
  order: readonly number[],
  diagonal: Float64Array,
): Float64Array {
  const ordered = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) ordered[i * n + j] = block[order[i]! * n + order[j]!]!;
  }
  const inOrder = Float64Array.from(order, (i) => diagonal[i]!);
  const inverse = inverseOf(dampedCholesky(ordered, n, inOrder), n);
  const rounding = inverse.reduce((most, each) => Math.max(most, Math.abs(each)), 0) * 1e-12;
  const lower = cholesky(inverse, n) ?? dampedCholesky(inverse, n, new Float64Array(n).fill(rounding));
  const upper = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) upper[j * n + i] = lower[i * n + j]!;
  return upper;
}
