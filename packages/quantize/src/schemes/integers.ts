import type { WeightFormat } from '@snowglobe/kernels';
import { roundScale } from '@snowglobe/kernels/internal';
import { groupFor, perChannel } from './groups.js';
import type { Grid, Scheme } from './scheme.js';

/** Shares of the largest weight that a clipped grid reaches to. */
const shares = Array.from({ length: 20 }, (_, i) => 1 - 0.025 * (i + 1));

/**
 * Around zero. Integers have one more value below zero than above, so besides the plain grid, ±(2^(bits−1) − 1) steps,
 * there is one in which the largest weight takes that value, if need be with a negative scale.
 */
function symmetricGrids(weights: Float64Array, { bits }: WeightFormat): Grid[] {
  const zeroPoint = 2 ** (bits - 1);
  let largest = 0;
  for (const weight of weights) if (Math.abs(weight) > Math.abs(largest)) largest = weight;
  const to = (reach: number, steps: number): Grid => ({ scale: roundScale(reach / steps), zeroPoint });
  return [
    to(Math.abs(largest), zeroPoint - 1),
    to(-largest, zeroPoint),
    ...shares.map((share) => to(-largest * share, zeroPoint)),
    // What is clipped on one side leaves the other whole.
    ...shares.slice(0, 8).map((share) => to(largest * share, zeroPoint - 1)),
  ];
}

/** From the least to the largest weight; zero is always a value, as an integer of steps. */
function asymmetricGrids(weights: Float64Array, { bits }: WeightFormat): Grid[] {
  let [least, most] = [0, 0];
  for (const weight of weights) {
    if (weight < least) least = weight;
    if (weight > most) most = weight;
  }
  const top = 2 ** bits - 1;
  const between = (from: number, to: number): Grid => {
    const scale = roundScale((to - from) / top);
    const zeroPoint = scale === 0 ? 0 : Math.min(top, Math.max(0, Math.round(-from / scale)));
    return { scale, zeroPoint };
  };
  return [
    between(least, most),
    ...shares.map((share) => between(least * share, most * share)),
    ...shares.slice(0, 6).flatMap((share) => [between(least * share, most), between(least, most * share)]),
  ];
}

interface IntegerOptions {
  readonly bits: 2 | 4 | 8;
  /** A group's size, or one group a column. */
  readonly group: number | 'channel';
  readonly asymmetric?: true;
  readonly activationBits?: 8;
}

/** Weights as integers times a scale. */
function integerScheme(name: string, summary: string, options: IntegerOptions): Scheme {
  const { bits, group, asymmetric = false, activationBits } = options;
  return {
    name,
    summary,
    format: (inputs) => ({
      bits,
      group: group === 'channel' ? perChannel(inputs) : groupFor(group, inputs),
      zeroPoints: asymmetric,
      ...(activationBits && { activationBits }),
    }),
    grids: asymmetric ? asymmetricGrids : symmetricGrids,
  };
}

export const integerSchemes: readonly Scheme[] = [
  integerScheme('w8a16', 'bytes, a scale a column', { bits: 8, group: 'channel' }),
  ...[32, 64, 128].flatMap((group) => [
    integerScheme(`w4a16-g${group}`, `4 bits, a scale for ${group} weights`, { bits: 4, group }),
    integerScheme(`w4a16-g${group}-asym`, `4 bits, a scale and a zero point for ${group} weights`, {
      ...{ bits: 4, group },
      asymmetric: true,
    }),
  ]),
  integerScheme('w8a8', 'bytes times bytes: activations are rounded, a scale a row', {
    ...{ bits: 8, group: 'channel' },
    activationBits: 8,
  }),
  integerScheme('w4a8-g32', '4 bits, a scale for 32 weights, times activations of 8 bits', {
    ...{ bits: 4, group: 32 },
    activationBits: 8,
  }),
];
