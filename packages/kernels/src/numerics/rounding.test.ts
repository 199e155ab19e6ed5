import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { roundToHalf } from './half.js';
import { roundToEven } from './round_to_even.js';
import { roundScale } from './rounding.js';

describe('roundToEven', () => {
  it('rounds halves to even', () => {
    expect([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 2.4999].map(roundToEven).map((x) => x + 0)).toEqual([
      -2, -2, 0, 0, 2, 2, 2,
    ]);
  });
});

describe('roundToHalf', () => {
  // Published patterns (IEEE 754 binary16): largest number, least normal, least subnormal, the neighbours of one.
  it.each([
    [65504, 65504],
    [65520, Infinity],
    [2 ** -14, 2 ** -14],
    [2 ** -24, 2 ** -24],
    [2 ** -25, 0],
    [1 + 2 ** -11, 1],
    [1 + 3 * 2 ** -11, 1 + 2 ** -9],
    [-0.1, -0.0999755859375],
    [1 / 3, 0.333251953125],
  ])('%d is %d', (value, expected) => {
    expect(roundToHalf(value)).toBe(expected);
  });
});

describe('roundScale', () => {
  it.each([
    [2 ** -17, 2 ** -17],
    [1 / 3, 0.333251953125],
    [-0.1, -0.0999755859375],
    [1e-6, Math.fround(1e-6)],
    [-1e-30, Math.fround(-1e-30)],
    [2 ** -127, 0],
    [65_519, 65_504],
    [1e30, Math.fround(1e30)],
    [1e39, Infinity],
  ])('%d is %d', (value, expected) => {
    expect(roundScale(value)).toBe(expected);
  });

  it('changes nothing the second time, and keeps eight bits of any scale', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const scale = roundScale(value);
        expect(roundScale(scale)).toBe(scale);
        if (Math.abs(value) >= 2 ** -126) {
          expect(Math.abs(scale - value)).toBeLessThanOrEqual(2 ** -8 * Math.abs(value));
        }
      }),
      { numRuns: 2000 },
    );
  });
});
