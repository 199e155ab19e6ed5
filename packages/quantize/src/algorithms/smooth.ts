import type { WeightFormat } from '@snowglobe/kernels';
import { roundToHalf } from '@snowglobe/kernels';
import type { Columns } from '../algebra/matrix.js';
import type { Scheme } from '../schemes/scheme.js';
import { roundToNearest, valuesOf } from './round.js';
import type { Statistics } from './statistics.js';

/** Exponents that AWQ tries. */
const exponents = Array.from({ length: 11 }, (_, i) => i / 10);

/** Factors stay within this, so that 16-bit floats hold them and nothing is rounded away. */
const widest = 64;

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
  const sizes = statistics.meanSquares.map(Math.sqrt);
  let best: Float32Array = new Float32Array(columns.inputs).fill(1);
  let least = Infinity;
  for (const exponent of exponents) {
    const factors = normalised(sizes.map((size) => Math.max(size, 1e-12) ** exponent));
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
  return normalised(
    weights.map(
      (most, k) => Math.max(largest[k]!, 1e-5) ** exponent / Math.max(most, 1e-5) ** (1 - exponent),
    ),
  );
}

/** One over the divisors, around one, as 16-bit floats. */
function normalised(divisors: Float64Array): Float32Array {
  const middle = Math.exp(divisors.reduce((sum, each) => sum + Math.log(each), 0) / divisors.length);
  return Float32Array.from(divisors, (each) =>
    roundToHalf(Math.min(widest, Math.max(1 / widest, middle / each))),
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
  const importance = statistics.meanSquares.map((square, k) => square * factors[k]! ** 2);
  const rounded = roundToNearest(scaled, scheme, format, { search: true, importance });
  const errors = valuesOf(rounded, inputs, format).map(
    (value, at) => value * factors[at % inputs]! - data[at]!,
  );
  let total = 0;
  for (let n = 0; n < outputs; n++) total += statistics.error(errors.subarray(n * inputs, (n + 1) * inputs));
  return total;
}
