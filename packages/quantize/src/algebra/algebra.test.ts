import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normals } from '../testing/random.js';
import { cholesky, inverseOf, solveInPlace } from './cholesky.js';
import { rotateInPlace, rotationFor } from './hadamard.js';

/** B · Bᵀ + I: symmetric positive definite. */
function definite(n: number, seed: number): Float64Array {
  const b = normals(n * n, seed);
  return Float64Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    let sum = i === j ? 1 : 0;
    for (let k = 0; k < n; k++) sum += b[i * n + k]! * b[j * n + k]!;
    return sum;
  });
}

const product = (a: Float64Array, b: Float64Array, n: number): Float64Array =>
  Float64Array.from({ length: n * n }, (_, at) => {
    let sum = 0;
    for (let k = 0; k < n; k++) sum += a[Math.floor(at / n) * n + k]! * b[k * n + (at % n)]!;
    return sum;
  });

const sizes = fc.record({ n: fc.integer({ min: 1, max: 24 }), seed: fc.nat(1000) });

describe('cholesky', () => {
  it('gives a lower triangle whose product with its transpose is the matrix', () => {
    fc.assert(
      fc.property(sizes, ({ n, seed }) => {
        const matrix = definite(n, seed);
        const lower = cholesky(matrix, n)!;
        const transposed = lower.map((_, at) => lower[(at % n) * n + Math.floor(at / n)]!);
        product(lower, transposed, n).forEach((value, i) => expect(value).toBeCloseTo(matrix[i]!, 8));
        lower.forEach((value, at) => at % n > Math.floor(at / n) && expect(value).toBe(0));
      }),
    );
  });

  it('inverts, and solves as the inverse does', () => {
    fc.assert(
      fc.property(sizes, ({ n, seed }) => {
        const matrix = definite(n, seed);
        const lower = cholesky(matrix, n)!;
        const inverse = inverseOf(lower, n);
        product(matrix, inverse, n).forEach((value, at) =>
          expect(value).toBeCloseTo(Math.floor(at / n) === at % n ? 1 : 0, 7),
        );
        const b = normals(n, seed + 1);
        const x = b.slice();
        solveInPlace(lower, n, x);
        b.forEach((wanted, i) => {
          const found = x.reduce((sum, value, k) => sum + matrix[i * n + k]! * value, 0);
          expect(found).toBeCloseTo(wanted, 7);
        });
      }),
    );
  });

  it('says so when a matrix is not positive definite', () => {
    expect(cholesky(Float64Array.of(1, 2, 2, 1), 2)).toBeUndefined();
  });
});

describe('hadamard', () => {
  it('keeps lengths and undoes itself', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 7 }),
        fc.integer({ min: 1, max: 5 }),
        fc.nat(99),
        (log, blocks, seed) => {
          const values = normals(blocks * 2 ** log, seed);
          const turned = values.slice();
          rotateInPlace(turned, 2 ** log);
          const norm = (x: Float64Array): number => Math.hypot(...x);
          expect(norm(turned)).toBeCloseTo(norm(values), 9);
          rotateInPlace(turned, 2 ** log);
          turned.forEach((value, i) => expect(value).toBeCloseTo(values[i]!, 9));
        },
      ),
    );
  });

  it('has the signs of bits that two indices share (Sylvester’s construction)', () => {
    const size = 16;
    for (let i = 0; i < size; i++) {
      const row = new Float64Array(size);
      row[i] = 1;
      rotateInPlace(row, size);
      row.forEach((value, j) => {
        const shared = (i & j).toString(2).replaceAll('0', '').length;
        expect(value).toBeCloseTo((-1) ** shared / Math.sqrt(size), 12);
      });
    }
  });

  it('divides the inputs', () => {
    expect([288, 512, 1024, 9, 668].map((inputs) => rotationFor(inputs))).toEqual([32, 512, 512, 1, 4]);
  });
});
