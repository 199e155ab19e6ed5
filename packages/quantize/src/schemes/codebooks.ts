import { roundScale } from '@snowglobe/kernels/internal';
import { groupFor } from './groups.js';
import type { Grid, Scheme } from './scheme.js';

/**
 * NormalFloat: quantiles of a normal distribution with an exact zero, scaled to −1 … 1 (Dettmers et al. 2023, QLoRA,
 * appendix E).
 */
const normalFloat = [
  -1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635,
  -0.18477343022823334, -0.09105003625154495, 0, 0.07958029955625534, 0.16093020141124725,
  0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1,
];

/** Floats of four bits, E2M1, in the order of their bits (OCP Microscaling Formats 1.0, section 5.3.3). */
const e2m1 = [0, 0.5, 1, 1.5, 2, 3, 4, 6, -0, -0.5, -1, -1.5, -2, -3, -4, -6];

const largestOf = (weights: Float64Array): number =>
  weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);

export const codebookSchemes: readonly Scheme[] = [
  {
    name: 'nf4-g64',
    summary: 'NormalFloat of 4 bits, a scale for 64 weights',
    format: (inputs) => ({ bits: 4, group: groupFor(64, inputs), zeroPoints: false, codebook: normalFloat }),
    grids(weights) {
      const largest = largestOf(weights);
      return Array.from({ length: 21 }, (_, i): Grid => {
        return { scale: roundScale(largest * (1 - 0.02 * i)), zeroPoint: 8 };
      });
    },
  },
  {
    name: 'mxfp4',
    summary: 'floats of 4 bits (E2M1), a power of two for 32 weights',
    format: (inputs) => ({ bits: 4, group: groupFor(32, inputs), zeroPoints: false, codebook: e2m1 }),
    grids(weights) {
      const largest = largestOf(weights);
      if (largest === 0) return [{ scale: 0, zeroPoint: 8 }];
      // The largest power of two in the group becomes that of the format (section 6.3); others reach further, or clip.
      const exponent = Math.floor(Math.log2(largest)) - 2;
      return [0, 1, -1].map((more) => ({ scale: roundScale(2 ** (exponent + more)), zeroPoint: 8 }));
    },
  },
];
