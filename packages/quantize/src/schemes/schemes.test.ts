import { dequantizeMatrix } from '@snowglobe/kernels/internal';
import type { QuantizedMatrix } from '@snowglobe/kernels';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAlgorithm } from '../algorithms/algorithm.js';
import { quantizeMatrix } from '../algorithms/quantize_matrix.js';
import { normals } from '../testing/random.js';
import { allSchemes, registerScheme, schemeNamed } from './registry.js';
import type { Scheme } from './scheme.js';

const rtn = parseAlgorithm('rtn');
const quantize = (weights: ArrayLike<number>, shape: readonly [number, number], scheme: Scheme) =>
  quantizeMatrix(weights, shape, { scheme, algorithm: rtn, name: 'layer' });

/** What a byte, nibble or pair of bits of packed rows is: by hand, from the layout's description. */
function bitsAt(words: Uint32Array, row: number, rowWords: number, index: number, bits: number): number {
  const bytes = new Uint8Array(words.buffer, words.byteOffset + 4 * row * rowWords);
  const bit = index * bits;
  return (bytes[Math.floor(bit / 8)]! >> (bit % 8)) & (2 ** bits - 1);
}

/** The weights in double precision, from the stored bytes alone: (K, N). */
function decoded({ format, shape: [k, n], packed, scales, zeroPoints }: QuantizedMatrix): Float64Array {
  const groups = Math.ceil(k / format.group);
  const result = new Float64Array(k * n);
  for (let column = 0; column < n; column++) {
    for (let i = 0; i < k; i++) {
      const q = bitsAt(packed, column, packed.length / n, i, format.bits);
      const group = Math.floor(i / format.group);
      const zero = zeroPoints
        ? bitsAt(zeroPoints, column, zeroPoints.length / n, group, format.bits)
        : 2 ** (format.bits - 1);
      const steps = format.codebook ? Math.fround(format.codebook[q]!) : q - zero;
      result[i * n + column] = steps * scales[column * groups + group]!;
    }
  }
  return result;
}

/** The largest error that a scheme's plain grid may make in a group between least <= 0 and most >= 0. */
const bounds: Readonly<Record<string, (least: number, most: number) => number>> = {
  // Half a step.
  w8a16: (least, most) => Math.max(-least, most) / 127 / 2,
  w8a8: (least, most) => Math.max(-least, most) / 127 / 2,
  'w4a8-g32': (least, most) => Math.max(-least, most) / 7 / 2,
  // Half of the widest gap, which is the one below zero's end.
  'nf4-g64': (least, most) => (Math.max(-least, most) * (1 - 0.6961928009986877)) / 2,
  // Up to eight of the scale's units, of which six are the largest value.
  mxfp4: (least, most) => Math.max(-least, most) / 4,
};
function boundOf({ name }: Scheme): (least: number, most: number) => number {
  if (bounds[name]) return bounds[name];
  if (name.endsWith('asym')) return (least, most) => (most - least) / 15;
  return bounds['w4a8-g32']!;
}

const shapes = fc.record({ k: fc.integer({ min: 1, max: 150 }), n: fc.integer({ min: 1, max: 5 }) });
const kinds = fc.constantFrom(
  ...['normal', 'constant', 'huge', 'enormous', 'small', 'tiny', 'minute', 'outlier', 'positive', 'zero'],
);

function weightsOf(kind: string, count: number, seed: number): Float32Array {
  const normal = normals(count, seed);
  const at = seed % count;
  return Float32Array.from(normal, (value, i) => {
    switch (kind) {
      case 'constant':
        return normal[0]!;
      case 'huge':
        return value * 1e4;
      case 'enormous':
        return value * 1e30;
      case 'small':
        return value * 1e-4;
      case 'tiny':
        return value * 1e-6;
      case 'minute':
        return value * 1e-25;
      case 'outlier':
        return i === at ? 300 : value * 0.1;
      case 'positive':
        return Math.abs(value);
      case 'zero':
        return 0;
      default:
        return value;
    }
  });
}

describe.each(allSchemes().map((scheme) => ({ name: scheme.name, scheme })))('$name', ({ scheme }) => {
  it('is off by its bound at most, whatever the weights', () => {
    fc.assert(
      fc.property(shapes, kinds, fc.nat(9999), ({ k, n }, kind, seed) => {
        const weights = weightsOf(kind, k * n, seed);
        const { matrix } = quantize(weights, [k, n], scheme);
        const found = dequantizeMatrix(matrix);
        const bound = boundOf(scheme);
        const { group } = matrix.format;
        for (let column = 0; column < n; column++) {
          for (let from = 0; from < k; from += group) {
            let [least, most] = [0, 0];
            for (let i = from; i < Math.min(k, from + group); i++) {
              least = Math.min(least, weights[i * n + column]!);
              most = Math.max(most, weights[i * n + column]!);
            }
            // Scales are off by 2^-11 of themselves, subnormal 16-bit floats by 2^-8.
            const range = most - least;
            const isSubnormal = range < 2 ** (matrix.format.bits - 14);
            const allowed = bound(least, most) + range * (isSubnormal ? 2 ** -7 : 2 ** -10);
            for (let i = from; i < Math.min(k, from + group); i++) {
              const error = Math.abs(found[i * n + column]! - weights[i * n + column]!);
              expect(error).toBeLessThanOrEqual(allowed);
            }
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('means what its bytes say in double precision, and says the same of its weights', () => {
    fc.assert(
      fc.property(shapes, kinds, fc.nat(9999), ({ k, n }, kind, seed) => {
        const { matrix, weights } = quantize(weightsOf(kind, k * n, seed), [k, n], scheme);
        const expected = Float32Array.from(decoded(matrix));
        expect(dequantizeMatrix(matrix)).toEqual(expected);
        expect(weights).toEqual(expected);
      }),
      { numRuns: 30 },
    );
  });

  it('keeps zeros exactly, and what it has already rounded', () => {
    fc.assert(
      fc.property(shapes, fc.nat(9999), ({ k, n }, seed) => {
        const zeros = quantize(new Float32Array(k * n), [k, n], scheme);
        expect([...zeros.weights].every((weight) => weight === 0)).toBe(true);
        // The grid of rounded weights may be another one, but hardly worse.
        const once = quantize(weightsOf('normal', k * n, seed), [k, n], scheme).weights;
        const twice = quantize(once, [k, n], scheme).weights;
        const error = once.reduce((sum, weight, i) => sum + (weight - twice[i]!) ** 2, 0);
        const size = once.reduce((sum, weight) => sum + weight ** 2, 0);
        expect(error).toBeLessThanOrEqual(0.02 * size);
      }),
      { numRuns: 30 },
    );
  });

  it('refuses weights that are not numbers, and names the layer', () => {
    for (const wrong of [NaN, Infinity, -Infinity]) {
      const weights = Float32Array.of(1, 2, 3, wrong, 5, 6);
      expect(() => quantize(weights, [3, 2], scheme)).toThrow(
        `quantize: layer: has the weight ${wrong} at input 1, output 1`,
      );
    }
  });

  it('covers a matrix that is less deep than its group by one group a column', () => {
    const { matrix } = quantize(weightsOf('normal', 20 * 3, 1), [20, 3], scheme);
    expect(matrix.format.group).toBeLessThanOrEqual(32);
    expect(matrix.scales).toHaveLength(3);
  });
});

describe('the registry', () => {
  it('lists what there is when a name is unknown', () => {
    expect(() => schemeNamed('w3a16')).toThrow(
      /there is no 'w3a16'; use one of w8a16, w4a16-g32, w4a16-g32-asym, .*nf4-g64, mxfp4/,
    );
  });

  it('takes a scheme from outside once, and no other one of its name', () => {
    const own: Scheme = { ...schemeNamed('w8a16'), name: 'of-my-own' };
    registerScheme(own);
    registerScheme(own);
    expect(schemeNamed('of-my-own')).toBe(own);
    expect(() => registerScheme({ ...own })).toThrow("there is a 'of-my-own' already");
  });

  it('keeps scales that 16 bits cannot hold in 32, and refuses what those cannot either, with the layer', () => {
    const { matrix } = quantize(Float32Array.of(1e30, 1e-9, 1, 1e-9), [2, 2], schemeNamed('w4a16-g32'));
    expect([...matrix.scales]).toEqual([1e30, 1e-9].map((weight) => Math.fround(Math.fround(weight) / 7)));
    const scheme = { ...schemeNamed('w4a16-g32'), grids: () => [{ scale: 1e39, zeroPoint: 8 }] };
    expect(() => quantize(Float32Array.of(3e38, 1), [2, 1], scheme)).toThrow(
      'quantize: layer: w4a16-g32 needs a scale beyond 3.4e38 for a weight of 3.00e+38',
    );
  });
});
