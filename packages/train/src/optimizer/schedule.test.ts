import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rateAt } from './schedule.js';

const schedule = { warmupSteps: 10, flatUntil: 0.6, finalShare: 0.03 };

test('warms up, stays, and falls in a line', () => {
  expect(rateAt(1, 0, schedule)).toBeCloseTo(0.1);
  expect(rateAt(5, 0.1, schedule)).toBeCloseTo(0.5);
  expect(rateAt(10, 0.2, schedule)).toBe(1);
  expect(rateAt(50, 0.6, schedule)).toBe(1);
  expect(rateAt(80, 0.8, schedule)).toBeCloseTo((1 + 0.03) / 2);
  expect(rateAt(100, 1, schedule)).toBeCloseTo(0.03);
  expect(rateAt(120, 1.2, schedule)).toBeCloseTo(0.03);
});

test('a schedule that is flat to the end, and one that falls from the start', () => {
  expect(rateAt(20, 1, { ...schedule, flatUntil: 1 })).toBe(1);
  expect(rateAt(20, 0.5, { ...schedule, flatUntil: 0, finalShare: 0 })).toBeCloseTo(0.5);
});

test('never leaves 0 … 1 and never rises after the warm-up', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (step, a, b) => {
        const [early, late] = [Math.min(a, b), Math.max(a, b)];
        const [first, second] = [rateAt(step, early, schedule), rateAt(step, late, schedule)];
        expect(second).toBeLessThanOrEqual(first + 1e-12);
        expect(second).toBeGreaterThanOrEqual(0);
        expect(first).toBeLessThanOrEqual(1);
      },
    ),
  );
});

test('a schedule out of range is refused with its values', () => {
  expect(() => rateAt(1, 0, { ...schedule, flatUntil: 1.5 })).toThrow(/flatUntil 1.5/);
});
