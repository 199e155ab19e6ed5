import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allSchemes, schemeNamed } from '../schemes/registry.js';
import { columnsOf } from '../algebra/matrix.js';
import { normals } from '../testing/random.js';
import { gptq } from './gptq.js';
import type { RoundedColumns } from './round.js';
import { roundToNearest, valuesOf } from './round.js';
import { algorithmParts, needsStatistics, parseAlgorithm } from './algorithm.js';
import { quantizeMatrix } from './quantize_matrix.js';
import type { Statistics } from './statistics.js';
import { gramStatistics, rowStatistics } from './statistics.js';

/** Correlated activations (rows, K): a few common causes, some inputs larger than others. */
function activations(rows: number, k: number, seed: number, loud = 1): Float32Array {
  const causes = 4;
  const mixing = normals(causes * k, seed);
  const source = normals(rows * causes, seed + 1);
  const own = normals(rows * k, seed + 2);
  return Float32Array.from(own, (value, at) => {
    const [row, i] = [Math.floor(at / k), at % k];
    let sum = 0.3 * value;
    for (let c = 0; c < causes; c++) sum += source[row * causes + c]! * mixing[c * k + i]!;
    return sum * (i % 7 === 3 ? loud : 1);
  });
}

function gramOf(x: Float32Array, k: number): Statistics {
  const rows = x.length / k;
  const gram = new Float64Array(k * k);
  const { means, largest } = rowStatistics(x, k);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < k; i++) {
      for (let j = 0; j < k; j++) gram[i * k + j]! += x[row * k + i]! * x[row * k + j]!;
    }
  }
  return gramStatistics(gram, { rows, means, largest });
}

/** The squared error of a layer's output, from its definition. */
function outputError(
  x: Float32Array,
  before: ArrayLike<number>,
  after: ArrayLike<number>,
  k: number,
): number {
  const n = before.length / k;
  let total = 0;
  for (let row = 0; row < x.length / k; row++) {
    for (let column = 0; column < n; column++) {
      let sum = 0;
      for (let i = 0; i < k; i++) {
        sum += x[row * k + i]! * (after[i * n + column]! - before[i * n + column]!);
      }
      total += sum * sum;
    }
  }
  return total;
}

const run = (
  weights: ArrayLike<number>,
  shape: readonly [number, number],
  algorithm: string,
  scheme: string,
  statistics?: Statistics,
) =>
  quantizeMatrix(weights, shape, {
    scheme: schemeNamed(scheme),
    algorithm: parseAlgorithm(algorithm),
    statistics,
    name: 'layer',
  });

const cases = fc.record({
  k: fc.integer({ min: 2, max: 70 }),
  n: fc.integer({ min: 1, max: 6 }),
  rows: fc.integer({ min: 1, max: 90 }),
  seed: fc.nat(9999),
  scheme: fc.constantFrom(...allSchemes().map(({ name }) => name)),
});

describe('statistics', () => {
  it('of rows and of their products are the same, turned and centred as well', () => {
    const k = 16;
    const x = activations(40, k, 3, 10);
    const smooth = Float32Array.from({ length: k }, (_, i) => 1 / (1 + (i % 3)));
    const variants: ((of: Statistics) => Statistics)[] = [
      (of) => of,
      (of) => of.centred(),
      (of) => of.turned({ smooth }),
      (of) => of.turned({ rotation: 8 }),
      (of) => of.turned({ smooth, rotation: 16 }).centred(),
    ];
    for (const variant of variants) {
      const [a, b] = [variant(rowStatistics(x, k)), variant(gramOf(x, k))];
      const delta = normals(k, 9);
      expect(b.error(delta) / a.error(delta)).toBeCloseTo(1, 5);
      a.means.forEach((value, i) => expect(b.means[i]).toBeCloseTo(value, 4));
      a.meanSquares.forEach((value, i) => expect(b.meanSquares[i]! / value).toBeCloseTo(1, 4));
      const same = (one: Float64Array, other: Float64Array): void =>
        one.forEach((value, i) => expect(other[i]).toBeCloseTo(value, 2));
      same(a.block(3, 9), b.block(3, 9));
      same(a.cross(4, 10, delta), b.cross(4, 10, delta));
    }
  });
});

describe('gptq', () => {
  it('never has more error on its own calibration data than round-to-nearest, searched or not', () => {
    fc.assert(
      fc.property(cases, ({ k, n, rows, seed, scheme }) => {
        const x = activations(rows, k, seed, 20);
        const weights = Float32Array.from(normals(k * n, seed + 5));
        const statistics = rows < k ? rowStatistics(x, k) : gramOf(x, k);
        const error = (algorithm: string): number =>
          outputError(x, weights, run(weights, [k, n], algorithm, scheme, statistics).weights, k);
        const own = error('gptq');
        const slack = 1e-6 * outputError(x, weights, new Float32Array(k * n), k) + 1e-12;
        expect(own).toBeLessThanOrEqual(error('mse') + slack);
      }),
      { numRuns: 80 },
    );
  });

  it('takes most of the error away where inputs are correlated', () => {
    const [k, n] = [64, 8];
    const x = activations(300, k, 1);
    const weights = Float32Array.from(normals(k * n, 2));
    const error = (algorithm: string): number =>
      outputError(x, weights, run(weights, [k, n], algorithm, 'w4a16-g32', gramOf(x, k)).weights, k);
    expect(error('gptq')).toBeLessThan(0.25 * error('rtn'));
    expect(error('rotate+gptq')).toBeLessThan(0.25 * error('rtn'));
  });

  it('is deterministic, and makes up for errors across the parts of deep matrices', () => {
    const [k, n, rows] = [200, 2, 30];
    const x = activations(rows, k, 4);
    const columns = columnsOf(normals(k * n, 5), [k, n]);
    const scheme = schemeNamed('w4a16-g32');
    const format = scheme.format(k);
    const statistics = rowStatistics(x, k);
    const errorOf = (rounded: RoundedColumns): number => {
      const delta = valuesOf(rounded, k, format).map((value, i) => value - columns.data[i]!);
      return statistics.error(delta.subarray(0, k)) + statistics.error(delta.subarray(k));
    };
    const [one, other] = [0, 1].map(() => gptq(columns, scheme, format, statistics, { part: 64 }));
    expect(one).toEqual(other);
    expect(errorOf(one!)).toBeLessThan(
      0.1 * errorOf(roundToNearest(columns, scheme, format, { search: true })),
    );
    const inOrder = gptq(columns, scheme, format, statistics, { part: 64, actOrder: false });
    expect(errorOf(inOrder)).toBeLessThan(0.1 * errorOf(roundToNearest(columns, scheme, format)));
  });

  it('rounds inputs that were never seen to the nearest', () => {
    const x = new Float32Array(30 * 8);
    const weights = Float32Array.from(normals(16, 6));
    const found = run(weights, [8, 2], 'gptq', 'w8a16', gramOf(x, 8)).weights;
    expect(found).toEqual(run(weights, [8, 2], 'mse', 'w8a16', gramOf(x, 8)).weights);
  });
});

describe('the other algorithms', () => {
  const [k, n] = [64, 8];
  const weights = Float32Array.from(normals(k * n, 8));

  it('awq keeps the error of loud inputs small, and is never worse than no factors at all', () => {
    const x = activations(200, k, 7, 30);
    const statistics = gramOf(x, k);
    const error = (algorithm: string, scheme: string): number =>
      outputError(x, weights, run(weights, [k, n], algorithm, scheme, statistics).weights, k);
    expect(error('awq', 'w4a16-g64')).toBeLessThan(0.8 * error('mse', 'w4a16-g64'));
  });

  it('smoothquant leaves inputs and weights about as hard to round', () => {
    const x = activations(200, k, 7, 50);
    const statistics = gramOf(x, k);
    const { matrix } = run(weights, [k, n], 'smoothquant', 'w8a8', statistics);
    const spread = (values: Float64Array): number => Math.max(...values) / Math.min(...values);
    const after = statistics.turned({ smooth: matrix.smooth }).largest;
    expect(spread(after)).toBeLessThan(0.5 * spread(statistics.largest));
    expect(matrix.format).toMatchObject({ smooth: true, activationBits: 8 });
  });

  it('rotation spreads an outlier among its block', () => {
    const spiky = weights.map((weight, i) => (i % 97 === 0 ? 40 : weight));
    const error = (algorithm: string): number =>
      run(spiky, [k, n], algorithm, 'w4a16-g64').weights.reduce(
        (sum, weight, i) => sum + (weight - spiky[i]!) ** 2,
        0,
      );
    expect(error('rotate+rtn')).toBeLessThan(0.5 * error('rtn'));
    expect(run(spiky, [k, n], 'rotate', 'w4a16-g64').matrix.format.rotation).toBe(64);
  });

  it('hqq lets outliers have their errors: a smaller norm below one than the plain grid', () => {
    const spiky = weights.map((weight, i) => (i % 61 === 0 ? 9 : weight));
    for (const scheme of ['w4a16-g64', 'w4a16-g64-asym', 'nf4-g64']) {
      const norm = (algorithm: string): number =>
        run(spiky, [k, n], algorithm, scheme).weights.reduce(
          (sum, weight, i) => sum + Math.abs(weight - spiky[i]!) ** 0.7,
          0,
        );
      expect(norm('hqq')).toBeLessThan(norm('rtn'));
    }
  });

  it('leave the activations of convolutions alone', () => {
    const statistics = gramOf(activations(200, k, 7, 30), k);
    const algorithm = parseAlgorithm('smoothquant+rotate+gptq');
    const options = { scheme: schemeNamed('w8a8'), algorithm, statistics, weightsOnly: true, name: 'filter' };
    const { format } = quantizeMatrix(weights, [k, n], options).matrix;
    expect(format).toEqual({ bits: 8, group: 64, zeroPoints: false });
  });

  it('turned matrices mean what they say: smoothing and rotation are undone in the weights', () => {
    const x = activations(200, k, 7, 30);
    for (const algorithm of ['awq+rotate', 'smoothquant+rotate+gptq', 'rotate+hqq']) {
      const { weights: found } = run(weights, [k, n], algorithm, 'w8a16', gramOf(x, k));
      found.forEach((weight, i) => expect(Math.abs(weight - weights[i]!)).toBeLessThan(0.2));
    }
  });
});

describe('names of algorithms', () => {
  it('are read as their parts', () => {
    expect(parseAlgorithm('awq')).toMatchObject({ smooth: 'awq', rotate: false, round: 'mse' });
    expect(parseAlgorithm('rotate+gptq')).toMatchObject({ rotate: true, round: 'gptq' });
    expect(Object.keys(algorithmParts).filter((part) => needsStatistics(parseAlgorithm(part)))).toEqual([
      'gptq',
      'awq',
      'smoothquant',
    ]);
  });

  it.each(['gtpq', 'rtn+gptq', 'awq+smoothquant', 'gptq+gptq', ''])('refuses %j', (name) => {
    expect(() => parseAlgorithm(name)).toThrow(`algorithm: '${name}' has`);
  });
});
