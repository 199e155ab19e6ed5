import type { WeightFormat } from '@snowglobe/kernels';
import type { Columns } from '../algebra/matrix.js';
import { chooseGrid } from '../schemes/choose_grid.js';
import { roundingOf } from '../schemes/rounding.js';
import type { Grid, Scheme } from '../schemes/scheme.js';

/** A matrix as integers with the grids of its groups. */
export interface RoundedColumns {
  /** (N, K), each in 0 … 2^bits − 1. */
  readonly values: Uint8Array;
  /** (N, groups) */
  readonly grids: readonly Grid[];
}

export interface RoundOptions {
  /** Search each group's grid for the least squared error; default: the plain one. */
  readonly search?: boolean;
  /** (K): what the error of each input counts in the search, for example its mean square. */
  readonly importance?: Float64Array | undefined;
}

/** Groups of a column. */
export const groupCount = (inputs: number, { group }: WeightFormat): number => Math.ceil(inputs / group);

/** The grid of every group (N, groups). */
export function gridsOf(
  { inputs, outputs, data }: Columns,
  scheme: Scheme,
  format: WeightFormat,
  { search = false, importance }: RoundOptions = {},
): Grid[] {
  const grids: Grid[] = [];
  for (let n = 0; n < outputs; n++) {
    for (let from = 0; from < inputs; from += format.group) {
      const to = Math.min(inputs, from + format.group);
      const weights = data.subarray(n * inputs + from, n * inputs + to);
      grids.push(chooseGrid(weights, scheme, format, { search, importance: importance?.subarray(from, to) }));
    }
  }
  return grids;
}

/** Round to nearest: every weight becomes the closest value of its group's grid. */
export function roundToNearest(
  columns: Columns,
  scheme: Scheme,
  format: WeightFormat,
  options: RoundOptions = {},
): RoundedColumns {
  const { inputs, data } = columns;
  const grids = gridsOf(columns, scheme, format, options);
  const groups = groupCount(inputs, format);
  const rounding = roundingOf(format);
  const values = Uint8Array.from(data, (weight, at) => {
    const [n, k] = [Math.floor(at / inputs), at % inputs];
    return rounding.nearest(weight, grids[n * groups + Math.floor(k / format.group)]!);
  });
  return { values, grids };
}

/** What rounded columns stand for: (N, K). */
export function valuesOf(rounded: RoundedColumns, inputs: number, format: WeightFormat): Float64Array {
  const groups = groupCount(inputs, format);
  const rounding = roundingOf(format);
  return Float64Array.from(rounded.values, (value, at) => {
    const [n, k] = [Math.floor(at / inputs), at % inputs];
    return rounding.value(value, rounded.grids[n * groups + Math.floor(k / format.group)]!);
  });
}
