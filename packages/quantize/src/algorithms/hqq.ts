import type { WeightFormat } from '@snowglobe/kernels';
import type { Columns } from '../algebra/matrix.js';
import { roundScale } from '@snowglobe/kernels/internal';
import { gridsFor } from '../schemes/checked.js';
import { roundingOf } from '../schemes/rounding.js';
import type { Grid, Scheme } from '../schemes/scheme.js';
import type { RoundedColumns } from './round.js';
import { gridsOf } from './round.js';

/** The norm in which errors are small: below one, so that outliers may keep theirs. */
const norm = 0.7;
const rounds = 20;
const growth = 1.01;

/**
 * Half-quadratic quantization (Badri & Shaji 2023): grids without data, by alternating between the errors that a heavy-tailed
 * norm lets stand (a shrinkage) and the grid that fits the rest. The authors move a zero point of their own precision; ours are
 * integers, so the scale is fitted by least squares, and then the zero point.
 */
export function hqq(columns: Columns, scheme: Scheme, format: WeightFormat): RoundedColumns {
  const { inputs, outputs, data } = columns;
  const rounding = roundingOf(format);
  // Powers of two cannot be fitted: such schemes offer few grids, all of which are tried.
  const fits = gridsFor(scheme, Float64Array.of(1), format).length > 4;
  const grids = gridsOf(columns, scheme, format, { search: true });
  const groups = Math.ceil(inputs / format.group);
  const values = new Uint8Array(data.length);
  for (let n = 0; n < outputs; n++) {
    for (let g = 0; g < groups; g++) {
      const at = n * inputs + g * format.group;
      const weights = data.subarray(at, Math.min((n + 1) * inputs, at + format.group));
      const grid = fits ? refine(weights, grids[n * groups + g]!, format) : grids[n * groups + g]!;
      grids[n * groups + g] = grid;
      weights.forEach((weight, i) => (values[at + i] = rounding.nearest(weight, grid)));
    }
  }
  return { values, grids };
}

function refine(weights: Float64Array, start: Grid, format: WeightFormat): Grid {
  const rounding = roundingOf(format);
  const top = 2 ** format.bits - 1;
  const lossOf = (grid: Grid): number =>
    weights.reduce(
      (sum, weight) => sum + Math.abs(weight - rounding.value(rounding.nearest(weight, grid), grid)) ** norm,
      0,
    );
  let [best, least] = [start, lossOf(start)];
  let grid = start;
  // The strength of the quadratic part, in units of the weights' own size, so that scaling them changes nothing.
  const size = weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
  if (size === 0 || start.scale === 0) return start;
  let strength = 10 / size ** (2 - norm);
  for (let round = 0; round < rounds; round++, strength *= growth) {
    let [along, across, shift] = [0, 0, 0];
    weights.forEach((weight) => {
      const index = rounding.nearest(weight, grid);
      const error = weight - rounding.value(index, grid);
      const kept = shrink(error, strength);
      const steps = rounding.value(index, { ...grid, scale: 1 });
      along += (weight - kept) * steps;
      across += steps * steps;
      shift += (index - (weight - kept) / grid.scale) / weights.length;
    });
    const scale = across > 0 ? roundScale(along / across) : grid.scale;
    if (scale === 0 || !Number.isFinite(scale)) break;
    const zeroPoint = format.zeroPoints ? Math.min(top, Math.max(0, Math.round(shift))) : grid.zeroPoint;
    if (scale === grid.scale && zeroPoint === grid.zeroPoint) break;
    grid = { scale, zeroPoint };
    const loss = lossOf(grid);
    if (loss < least) [best, least] = [grid, loss];
  }
  return best;
}

/** The generalised soft threshold of the norm: what part of an error is let stand. */
function shrink(error: number, strength: number): number {
  const size = Math.abs(error);
  if (size === 0) return 0;
  return Math.sign(error) * Math.max(0, size - size ** (norm - 1) / strength);
}
