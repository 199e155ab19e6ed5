import { SnowglobeError } from '@snowglobe/graph';
import type { WeightFormat } from '@snowglobe/kernels';
import { roundScale } from '@snowglobe/kernels/internal';
import { gridsFor } from './checked.js';
import { roundingOf } from './rounding.js';
import type { Grid, Scheme } from './scheme.js';

/** How scale and zero point of a group are chosen. */
export interface ChooseGridOptions {
  /** Try all grids of the scheme and keep the one with the least squared error; by default the plain one is taken. */
  readonly search?: boolean;
  /** What the squared error of each weight of the group counts in the search; by default all count alike. */
  readonly importance?: Float64Array | undefined;
}

/**
 * The grid of one group: what quantization and fake quantization in training share.
 * @throws SnowglobeError for weights beyond what a scale can hold, and for a scheme that gives no grids; the layer is not named
 */
export function chooseGrid(
  weights: Float64Array,
  scheme: Scheme,
  format: WeightFormat,
  { search = false, importance }: ChooseGridOptions = {},
): Grid {
  const grids = gridsFor(scheme, weights, format).map(({ scale, zeroPoint }): Grid => ({
    scale: roundScale(scale),
    zeroPoint,
  }));
  const plain = grids[0]!;
  if (!Number.isFinite(plain.scale)) {
    const largest = weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
    throw new SnowglobeError(
      `${scheme.name} needs a scale beyond 3.4e38 for a weight of ${largest.toPrecision(3)}, more than floats hold; leave the layer out of the plan, which keeps it in floats, or train the world again.`,
    );
  }
  if (!search) return plain;
  const rounding = roundingOf(format);
  let [best, least] = [plain, Infinity];
  for (const grid of grids) {
    if (!Number.isFinite(grid.scale)) continue;
    let error = 0;
    for (let i = 0; i < weights.length && error < least; i++) {
      const off = weights[i]! - rounding.value(rounding.nearest(weights[i]!, grid), grid);
      error += (importance ? importance[i]! : 1) * off * off;
    }
    if (error < least) [best, least] = [grid, error];
  }
  return best;
}
