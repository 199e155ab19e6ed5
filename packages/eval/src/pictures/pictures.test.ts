import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { psnr, ssim } from './pictures.js';

const picture = (size: number, value: (i: number) => number): number[] =>
  Array.from({ length: size }, (_, i) => value(i));

describe('PSNR', () => {
  it('is 20 log10 of the peak over the error', () => {
    // An error of 0.02 on a range of 2 is 1 %: 40 dB.
    expect(
      psnr(
        picture(300, () => 0.52),
        picture(300, () => 0.5),
      ),
    ).toBeCloseTo(40, 6);
    expect(psnr([0.5], [0.5])).toBe(60);
  });

  it('does not count what a screen cannot show', () => {
    expect(psnr([1.7], [1])).toBe(60);
  });

  it('refuses pictures of different sizes', () => {
    expect(() => psnr([1], [1, 2])).toThrow(/pictures of 1 and 2 values/);
  });
});

describe('SSIM', () => {
  const size = { width: 16, height: 14 };
  const count = 16 * 14 * 3;

  it('is 1 for equal pictures, symmetric, and at most 1', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: count, maxLength: count }),
        fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: count, maxLength: count }),
        (a, b) => {
          expect(ssim(a, a, size)).toBeCloseTo(1, 9);
          expect(ssim(a, b, size)).toBeCloseTo(ssim(b, a, size), 9);
          expect(ssim(a, b, size)).toBeLessThanOrEqual(1 + 1e-12);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('of two flat pictures is the luminance term alone', () => {
    const [a, b] = [0.2, 0.6];
    const c1 = 0.02 ** 2;
    const expected = (2 * a * b + c1) / (a * a + b * b + c1);
    expect(
      ssim(
        picture(count, () => a),
        picture(count, () => b),
        size,
      ),
    ).toBeCloseTo(expected, 9);
  });
});
