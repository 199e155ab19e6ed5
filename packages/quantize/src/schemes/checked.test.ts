import { dequantizeMatrix } from '@snowglobe/kernels/internal';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAlgorithm } from '../algorithms/algorithm.js';
import { quantizeMatrix } from '../algorithms/quantize_matrix.js';
import { normals } from '../testing/random.js';
import type { Scheme } from './scheme.js';

const [k, n] = [64, 3];
const weights = Float32Array.from(normals(k * n, 1));
const plain = { bits: 4, group: 32, zeroPoints: false } as const;
const step = (group: Float64Array): number => Math.max(...group.map(Math.abs)) / 7;
const good: Scheme = {
  name: 'mine',
  summary: 'a test',
  format: () => plain,
  grids: (group) => [{ scale: step(group), zeroPoint: 8 }],
};
const quantize = (change: object, algorithm = 'rtn') =>
  quantizeMatrix(weights, [k, n], {
    scheme: { ...good, ...change },
    algorithm: parseAlgorithm(algorithm),
    name: 'dynamics/mlp',
  });

describe('what a scheme of a plugin answers', () => {
  it.each<[string, object, string]>([
    ['no grids', { grids: () => [] }, 'it gives an empty list of grids'],
    ['undefined', { grids: () => undefined }, 'it gives undefined in place of grids'],
    ['no grid', { grids: () => [null] }, 'it gives undefined as a scale'],
    ['a scale of NaN', { grids: () => [{ scale: NaN, zeroPoint: 8 }] }, 'it gives NaN as a scale'],
    ['a scale in words', { grids: () => [{ scale: '1', zeroPoint: 8 }] }, 'it gives "1" as a scale'],
    [
      'a zero point without zero points',
      { grids: () => [{ scale: 1, zeroPoint: 3 }] },
      'it gives 3 as a zero point, which must be 8 in 4 bits, since its format has no zero points',
    ],
    ...[-3, 3.5, 16, NaN].map((zeroPoint): [string, object, string] => [
      `a zero point of ${zeroPoint}`,
      { format: () => ({ ...plain, zeroPoints: true }), grids: () => [{ scale: 1, zeroPoint }] },
      `it gives ${zeroPoint} as a zero point, which must be an integer from 0 to 15`,
    ]),
    ['no format', { format: () => undefined }, 'its format is none (it is missing)'],
    [
      'a rotation of its own',
      { format: () => ({ ...plain, rotation: 32 }) },
      "its format is none (has the unknown field 'rotation')",
    ],
    ['5 bits', { format: () => ({ ...plain, bits: 5 }) }, 'weights of 5 bits'],
    ['groups of 24', { format: () => ({ ...plain, group: 24 }) }, 'a group of 24 weights is no power of two'],
    [
      'an error of its own',
      {
        grids: () => {
          throw new TypeError('x is undefined');
        },
      },
      'its grids() failed (TypeError: x is undefined)',
    ],
  ])('is refused with its name and the layer: %s', (_, change, message) => {
    for (const algorithm of ['rtn', 'mse', 'hqq', 'rotate']) {
      expect(() => quantize(change, algorithm)).toThrow(`quantize: dynamics/mlp: scheme 'mine': ${message}`);
    }
  });

  it('cannot change the weights', () => {
    const changing = quantize({
      grids: (group: Float64Array) => {
        const scale = step(group);
        group.sort().fill(0);
        return [{ scale, zeroPoint: 8 }];
      },
    });
    const error = changing.weights.reduce((sum, weight, i) => sum + (weight - weights[i]!) ** 2, 0);
    expect(error).toBeLessThan(0.05 * weights.reduce((sum, weight) => sum + weight ** 2, 0));
  });

  it('ends in a sentence or in weights that the file keeps, whatever it is', () => {
    const number = fc.oneof(fc.double(), fc.integer({ min: -2, max: 20 }));
    const sometimes = (usual: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
      fc.oneof({ weight: 9, arbitrary: usual }, fc.anything({ maxDepth: 1 }), number);
    const value = fc.double({ noNaN: true, min: -1, max: 1 });
    const format = fc.record(
      {
        bits: sometimes(fc.constant(4)),
        group: sometimes(fc.constantFrom(16, 32, 64)),
        zeroPoints: sometimes(fc.boolean()),
        codebook: sometimes(fc.array(value, { minLength: 16, maxLength: 16 })),
        activationBits: sometimes(fc.constant(8)),
        smooth: fc.anything({ maxDepth: 0 }),
      },
      { requiredKeys: ['bits', 'group', 'zeroPoints'] },
    );
    const grid = fc.record({ scale: sometimes(value), zeroPoint: sometimes(fc.integer({ min: 7, max: 8 })) });
    const answers = fc.record({
      format: sometimes(fc.oneof(format, fc.constant(plain))),
      grids: sometimes(fc.array(grid, { minLength: 1, maxLength: 3 })),
    });
    let kept = 0;
    fc.assert(
      fc.property(answers, fc.constantFrom('rtn', 'mse', 'hqq', 'rotate'), (answer, algorithm) => {
        try {
          const found = quantize({ format: () => answer.format, grids: () => answer.grids }, algorithm);
          expect(found.weights.every(Number.isFinite)).toBe(true);
          if (algorithm !== 'rotate') {
            dequantizeMatrix(found.matrix).forEach((weight, i) =>
              expect(weight).toBeCloseTo(found.weights[i]!, 5),
            );
          }
          kept++;
        } catch (error) {
          expect((error as Error).name, String((error as Error).stack)).toBe('SnowglobeError');
          expect((error as Error).message).toMatch(/^quantize: dynamics\/mlp: (scheme 'mine'|mine needs)/);
        }
      }),
      { numRuns: 1500 },
    );
    expect(kept).toBeGreaterThan(50);
  });
});
