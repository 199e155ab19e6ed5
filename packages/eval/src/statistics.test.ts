import { expect, it } from 'vitest';
import { mean, standardError } from './statistics.js';

it('a standard error is that of the mean, and none of a single value', () => {
  expect(mean([1, 2, 6])).toBe(3);
  // Variance 7 of three values: √(7 / 3).
  expect(standardError([1, 2, 6])).toBeCloseTo(Math.sqrt(7 / 3), 12);
  expect(standardError([4])).toBeUndefined();
  expect(standardError([4, 4])).toBe(0);
});
