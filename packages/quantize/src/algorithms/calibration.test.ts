import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allSchemes, schemeNamed } from '../schemes/registry.js';
import { normals } from '../testing/random.js';
import { parseAlgorithm } from './algorithm.js';
import { quantizeMatrix } from './quantize_matrix.js';
import { smoothQuantFactors } from './smooth.js';
import type { Statistics } from './statistics.js';
import { gramStatistics, rowStatistics } from './statistics.js';

/** What calibration does not show: inputs that come later, other scenes, numbers that are none. */

const [k, n] = [96, 5];
const algorithms = [
  ...['mse', 'gptq', 'rotate+gptq', 'awq', 'awq+gptq', 'awq+rotate+gptq'],
  ...['smoothquant', 'smoothquant+rotate', 'smoothquant+gptq', 'smoothquant+rotate+gptq'],
];
const schemes = ['w8a8', 'w4a16-g32', 'w4a8-g32', 'nf4-g64'];
const weights = Float32Array.from(normals(k * n, 3), (weight) => 0.1 * weight);
const fresh = Float32Array.from(normals(256 * k, 4));

/** Error of the layer's output on rows of all inputs, over the output. */
function errorOn(rows: Float32Array, found: Float32Array): number {
  let [error, size] = [0, 0];
  for (let row = 0; row < rows.length / k; row++) {
    for (let column = 0; column < n; column++) {
      let [is, was] = [0, 0];
      for (let i = 0; i < k; i++) {
        was += rows[row * k + i]! * weights[i * n + column]!;
        is += rows[row * k + i]! * found[i * n + column]!;
      }
      error += (is - was) ** 2;
      size += was ** 2;
    }
  }
  return Math.sqrt(error / size);
}

const quantize = (scheme: string, algorithm: string, statistics?: Statistics) =>
  quantizeMatrix(weights, [k, n], {
    ...{ scheme: schemeNamed(scheme), algorithm: parseAlgorithm(algorithm), statistics },
    name: 'dynamics/mlp',
  });

/** Rows of 256 in which some inputs are small, or always nothing. */
const shown = (sizeOf: (input: number) => number): Statistics =>
  rowStatistics(
    Float32Array.from(normals(256 * k, 5), (value, at) => value * sizeOf(at % k)),
    k,
  );
const scene = Float32Array.from(normals(k, 6));

const calibrations: Readonly<Record<string, Statistics>> = {
  'a third of the inputs is always 0': shown((i) => (i % 3 === 0 ? 0 : 1)),
  'a third hardly ever comes': shown((i) => (i % 3 === 0 ? 1e-6 : 1)),
  'a whole group is always 0': shown((i) => (i < 32 ? 0 : 1)),
  'all but three inputs are always 0': shown((i) => (i < 3 ? 1 : 0)),
  'nothing comes at all': shown(() => 0),
  'one row': rowStatistics(scene, k),
  'one scene, again and again': rowStatistics(
    Float32Array.from({ length: 256 * k }, (_, at) => scene[at % k]!),
    k,
  ),
};

describe.each(Object.entries(calibrations))('calibrated where %s', (_, statistics) => {
  it.each(schemes)('%s is not much worse than round-to-nearest on what was not shown', (scheme) => {
    const plain = errorOn(fresh, quantize(scheme, 'rtn').weights);
    for (const algorithm of algorithms) {
      const error = errorOn(fresh, quantize(scheme, algorithm, statistics).weights);
      // Those who rely on the calibration give away a bit or so.
      expect(error, algorithm).toBeLessThan(Math.max(2.2 * plain, plain + 0.03));
    }
  });
});

it('inputs that were a thousandth of the others lose two bits at most when they come', () => {
  const statistics = shown((i) => (i % 3 === 0 ? 1e-3 : 1));
  for (const scheme of schemes) {
    const plain = errorOn(fresh, quantize(scheme, 'rtn').weights);
    for (const algorithm of algorithms) {
      const error = errorOn(fresh, quantize(scheme, algorithm, statistics).weights);
      expect(error, `${scheme} ${algorithm}`).toBeLessThan(Math.max(5 * plain, plain + 0.05));
    }
  }
});

it('the factor of an input without activations is 1, and the others are around one', () => {
  const columns = { inputs: k, outputs: n, data: Float64Array.from(normals(k * n, 3)) };
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: k, maxLength: k }), (isDead) => {
      const factors = smoothQuantFactors(
        columns,
        shown((i) => (isDead[i] ? 0 : 1 + i)),
      );
      const seen = factors.filter((_, i) => !isDead[i]);
      isDead.forEach((dead, i) => dead && expect(factors[i]).toBe(1));
      const middle = seen.reduce((sum, factor) => sum + Math.log(factor) / seen.length, 0);
      if (seen.length > 0) expect(Math.abs(middle)).toBeLessThan(0.01);
    }),
    { numRuns: 30 },
  );
});

describe('statistics that are no numbers', () => {
  /** Of one input that was `value` all the time, beside ones. */
  const withInput = (value: number): Statistics => {
    const gram = new Float64Array(k * k);
    for (let i = 0; i < k; i++) gram[i * k + i] = 64;
    for (let i = 0; i < k; i++) gram[2 * k + i] = gram[i * k + 2] = i === 2 ? value * value : value;
    const means = new Float64Array(k);
    const largest = new Float64Array(k).fill(1);
    means[2] = largest[2] = value;
    return gramStatistics(gram, { rows: 64, means, largest });
  };

  it.each([NaN, Infinity, 1e200])('%d is refused with the layer and the remedy, or does no harm', (value) => {
    for (const { name } of allSchemes()) {
      for (const algorithm of algorithms) {
        expect(() => quantize(name, algorithm, withInput(value))).toThrow(
          /^quantize: dynamics\/mlp: its input 2 had the mean (square )?(NaN|Infinity) in calibration, .*; calibrate from other/,
        );
      }
      expect(quantize(name, 'rtn', withInput(value)).weights.every(Number.isFinite)).toBe(true);
      expect(quantize(name, 'hqq', withInput(value)).weights.every(Number.isFinite)).toBe(true);
    }
  });

  it('products that are no matrix of squares are refused by gptq, with the layer', () => {
    const gram = new Float64Array(k * k).fill(-1e6);
    for (let i = 0; i < k; i++) gram[i * k + i] = 1;
    const statistics = gramStatistics(gram, {
      ...{ rows: 64, means: new Float64Array(k), largest: new Float64Array(k).fill(1) },
    });
    expect(() => quantize('w4a16-g32', 'gptq', statistics)).toThrow(
      'quantize: dynamics/mlp: gptq needs activations whose products',
    );
  });
});
