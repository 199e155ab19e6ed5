import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkQuantizedMatrix } from './check.js';
import { dequantizeMatrix } from './dequantize.js';
import type { WeightFormat } from './format.js';
import { packMatrix } from './pack_matrix.js';
import type { MatrixSize } from '../testing/random_matrix.js';
import { anyFormat, randomMatrix } from '../testing/random_matrix.js';

/** A normalised Hadamard matrix by its definition: the parity of the bits that row and column share. */
function hadamardEntry(row: number, column: number, size: number): number {
  if (Math.floor(row / size) !== Math.floor(column / size)) return 0;
  let shared = (row % size) & (column % size);
  let sign = 1;
  for (; shared; shared &= shared - 1) sign = -sign;
  return sign / Math.sqrt(size);
}

const anySize = fc.record<MatrixSize>({
  k: fc.integer({ min: 1, max: 200 }),
  n: fc.integer({ min: 1, max: 9 }),
});

describe('dequantizeMatrix', () => {
  it('is the sum that the format describes, for any of its fields', () => {
    fc.assert(
      fc.property(
        anySize.chain((size) => fc.tuple(fc.constant(size), anyFormat(size.k), fc.nat(999))),
        (each) => {
          const [{ k, n }, format, seed] = each;
          const { values, zeroValues, matrix } = randomMatrix({ k, n }, format, seed);
          const groups = Math.ceil(k / format.group);
          const stored = (i: number, column: number): number => {
            const at = column * groups + Math.floor(i / format.group);
            const value = values[column * k + i]!;
            const steps = format.codebook ? format.codebook[value]! : value - zeroValues[at]!;
            return steps * matrix.scales[at]!;
          };
          const result = dequantizeMatrix(matrix);
          expect(result).toHaveLength(k * n);
          for (let i = 0; i < k; i++) {
            for (let column = 0; column < n; column++) {
              let expected = format.rotation ? 0 : stored(i, column);
              for (let j = 0; format.rotation && j < k; j++) {
                expected += hadamardEntry(i, j, format.rotation) * stored(j, column);
              }
              expected *= matrix.smooth ? matrix.smooth[i]! : 1;
              expect(Math.abs(result[i * n + column]! - expected)).toBeLessThan(
                1e-5 * (1 + Math.abs(expected)) * 256,
              );
            }
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe('checkQuantizedMatrix', () => {
  const format: WeightFormat = { bits: 4, group: 32, zeroPoints: true };
  const { matrix } = randomMatrix({ k: 40, n: 3 }, format, 1);

  it('accepts what packMatrix makes', () => expect(() => checkQuantizedMatrix(matrix)).not.toThrow());

  it.each<[string, object, RegExp]>([
    ['bits', { format: { ...format, bits: 3 } }, /^w: weights of 3 bits; use 2, 4 or 8\.$/],
    ['group', { format: { ...format, group: 48 } }, /a group of 48 weights is no power of two/],
    ['a group that is too large', { format: { ...format, group: 128 } }, /larger than its 40 inputs/],
    [
      'codebook',
      { format: { ...format, codebook: [1, 2] } },
      /a codebook of 2 values for 4 bits; give it 16/,
    ],
    [
      'codebook and zero points',
      { format: { ...format, codebook: Array.from({ length: 16 }, (_, i) => i) } },
      /a codebook and zero points/,
    ],
    [
      'codebook that is not finite',
      { format: { ...format, codebook: Array.from({ length: 16 }, () => NaN) } },
      /its codebook is not finite/,
    ],
    ['rotation', { format: { ...format, rotation: 16 } }, /a rotation of 16 does not divide its 40 inputs/],
    ['shape', { shape: [40, 0] }, /shape \(40, 0\) is no matrix/],
    ['packed', { packed: new Uint32Array(5) }, /its packed weights are 5 numbers .* has 24/],
    ['scales', { scales: new Float32Array(5) }, /its scales are 5 numbers .* has 6/],
    ['a scale', { scales: new Float32Array(6).fill(NaN) }, /its scales have the value NaN at index 0/],
    ['zero points', { zeroPoints: undefined }, /its zero points are missing .* has 3/],
    ['smooth', { smooth: new Float32Array(40) }, /its smoothing factors are 40 numbers .* has none/],
  ])('refuses a wrong %s', (_, change, message) => {
    expect(() => checkQuantizedMatrix({ ...matrix, ...change }, 'w')).toThrow(message);
  });

  it('packing says which values are missing or too large', () => {
    const parts = {
      format: { ...format, zeroPoints: false },
      shape: [40, 3] as const,
      scales: new Float32Array(6),
    };
    expect(() => packMatrix({ ...parts, values: [1, 2] }, 'w')).toThrow(/^w: 2 values do not fill \(3, 40\)/);
    expect(() => packMatrix({ ...parts, values: new Float32Array(120).fill(16) })).toThrow(/from 0 to 15/);
  });
});
