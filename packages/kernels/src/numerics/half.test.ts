import { expect, test } from 'vitest';
import { floatToHalf, halfToFloat } from './half.js';

/** Every finite binary16 value by counting up: 2048 steps of 2^-24, then steps that double every 1024. */
function positiveHalves(): number[] {
  const values = [0];
  for (let exponent = -24; exponent <= 5; exponent++) {
    const steps = exponent === -24 ? 2048 : 1024;
    for (let i = 0; i < steps; i++) values.push(values.at(-1)! + 2 ** exponent);
  }
  return values.slice(0, -1); // the last step leads to 65536, where infinity stands
}

test('every bit pattern is read as its value', () => {
  const values = positiveHalves();
  expect(values.length).toBe(0x7c00);
  expect(values.at(-1)).toBe(65504);
  expect(values.map((_, bits) => halfToFloat(bits))).toEqual(values);
  expect(values.map((_, bits) => halfToFloat(bits | 0x8000))).toEqual(values.map((value) => -value));
  expect(halfToFloat(0x7c00)).toBe(Infinity);
  expect(halfToFloat(0xfc00)).toBe(-Infinity);
  expect(halfToFloat(0x7c01)).toBeNaN();
});

test('writing rounds to the nearest half, ties to even', () => {
  const values = positiveHalves();
  const wrong: unknown[] = [];
  const check = (value: number, bits: number) => {
    if (floatToHalf(value) !== bits) wrong.push({ value, expected: bits, written: floatToHalf(value) });
  };
  for (let bits = 0; bits < values.length - 1; bits++) {
    const [low, high] = [values[bits]!, values[bits + 1]!];
    const middle = (low + high) / 2; // exact in binary32, as are its neighbours below
    const step = (high - low) / 1024;
    check(low, bits);
    check(-low, bits | 0x8000);
    check(middle, bits % 2 === 0 ? bits : bits + 1);
    check(middle - step, bits);
    check(middle + step, bits + 1);
  }
  check(65504, 0x7bff);
  expect(wrong).toEqual([]);
});

test('what is beyond the largest half becomes infinity', () => {
  expect(floatToHalf(65519.99)).toBe(0x7bff);
  expect(floatToHalf(65520)).toBe(0x7c00);
  expect(floatToHalf(3e38)).toBe(0x7c00);
  expect(floatToHalf(-Infinity)).toBe(0xfc00);
  expect(halfToFloat(floatToHalf(NaN))).toBeNaN();
});
