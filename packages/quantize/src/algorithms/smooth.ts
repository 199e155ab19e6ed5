import type { WeightFormat } from '@snowglobe/kernels';
import { roundToHalf } from '@snowglobe/kernels/internal';
import type { Columns } from '../algebra/matrix.js';
import type { Scheme } from '../schemes/scheme.js';
import { roundToNearest, valuesOf } from './round.js';
import type { Statistics } from './statistics.js';
import { expectedError, importanceOf } from './statistics.js';

/** Exponents that AWQ tries. */
const exponents = Array.from({ length: 11 }, (_, i) => i / 10);

/** Factors stay within this, so that 16-bit floats hold them and nothing is rounded away. */
const widest = 64;

/** Inputs whose activations stay below this share of the mean were not seen: nothing is known of them. */
const unseen = 2 ** -10;

/**
 * Activations count as no smaller than this share of the mean. The weights of a small input are divided by a large factor, and
 * what little is left of them is all that there is when the input is large after all.
 */
const smallest = 1 / 8;

/**
 * Activation-aware factors (AWQ, Lin et al. 2024): inputs with large activations have their weights enlarged before
 * rounding, by a power of the activations' size that is searched for the least error of the layer.
 * @returns (K): what activations are multiplied by; weights are divided by it
 */
export function awqFactors(
  columns: Columns,
  scheme: Scheme,
  format: WeightFormat,
  statistics: Statistics,
): Float32Array {
  const { sizes, isSeen } = sizesOf(statistics.meanSquares.map(Math.sqrt));
  let best: Float32Array = new Float32Array(columns.inputs).fill(1);
  let least = Infinity;
  for (const exponent of exponents) {
    const factors = normalised(
      sizes.map((size) => size ** exponent),
      isSeen,
    );
    const error = errorOf(columns, scheme, format, statistics, factors);
    if (error < least) [best, least] = [factors, error];
  }
  return best;
}

/**
 * SmoothQuant (Xiao et al. 2023): large activations are made smaller and their weights larger, until both are about as hard
 * to round. For schemes that round activations too.
 * @param exponent how much of the difficulty moves to the weights; default 0.5
 */
export function smoothQuantFactors(
  { inputs, data }: Columns,
  { largest }: Statistics,
  exponent = 0.5,
): Float32Array {
  const weights = new Float64Array(inputs);
  data.forEach((weight, at) => (weights[at % inputs] = Math.max(weights[at % inputs]!, Math.abs(weight))));
  const { sizes, isSeen } = sizesOf(largest);
  const floor = 1e-5 * weights.reduce((top, each) => Math.max(top, each), 0);
  return normalised(
    weights.map(
      (each, k) => sizes[k]! ** exponent / Math.max(each, floor, Number.MIN_VALUE) ** (1 - exponent),
    ),
    isSeen,
  );
}

/** Sizes of activations (K) as factors go by them, and which inputs have any to speak of. */
function sizesOf(given: Float64Array): { readonly sizes: Float64Array; readonly isSeen: readonly boolean[] } {
  const mean = given.reduce((sum, size) => sum + size / given.length, 0);
  return {
    sizes: given.map((size) => Math.max(size, smallest * mean)),
    isSeen: Array.from(given, (size) => size > unseen * mean),
  };
}

/** One over the divisors of the inputs that were seen, around one, as 16-bit floats; one for the others. */
function normalised(divisors: Float64Array, isSeen: readonly boolean[]): Float32Array {
  const logarithms = [...divisors].filter((_, k) => isSeen[k]).map(Math.log);
  const middle = Math.exp(logarithms.reduce((sum, each) => sum + each / logarithms.length, 0));
  return Float32Array.from(divisors, (each, k) =>
    isSeen[k] ? roundToHalf(Math.min(widest, Math.max(1 / widest, middle / each))) : 1,
  );
}

function errorOf(
  { inputs, outputs, data }: Columns,
  scheme: Scheme,
  format: WeightFormat,
  statistics: Statistics,
  factors: Float32Array,
): number {
  const scaled = { inputs, outputs, data: data.map((weight, at) => weight / factors[at % inputs]!) };
  const importance = importanceOf(statistics).map((square, k) => square * factors[k]! ** 2);
  const rounded = roundToNearest(scaled, scheme, format, { search: true, importance });
  const errors = valuesOf(rounded, inputs, format).map(
    (value, at) => value * factors[at % inputs]! - data[at]!,
  );
  let total = 0;
  for (let n = 0; n < outputs; n++)
    total += expectedError(statistics, errors.subarray(n * inputs, (n + 1) * inputs));
  return total;
}
