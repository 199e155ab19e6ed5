import { roundToEven } from './round_to_even.js';

/** The nearest number that 16-bit floats hold, ties to even; ±Infinity beyond 65504 and what rounds to it. */
export function roundToHalf(value: number): number {
  if (value === 0 || !Number.isFinite(value)) return value;
  const exponent = Math.max(-14, Math.floor(Math.log2(Math.abs(value))));
  const step = 2 ** (exponent - 10);
  const rounded = roundToEven(value / step) * step;
  return Math.abs(rounded) > 65504 ? Math.sign(value) * Infinity : rounded;
}

/** The value of an IEEE 754 binary16 bit pattern; exact, because every one of them is also a binary32. */
export function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/**
 * The binary16 bit pattern nearest to a binary32 value, ties to even. Values of 65520 and more become infinity, NaN
 * stays NaN.
 */
export function floatToHalf(value: number): number {
  const half = roundToHalf(Math.fround(value));
  if (Number.isNaN(half)) return 0x7e00;
  const sign = half < 0 || Object.is(half, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(half);
  if (magnitude === Infinity) return sign | 0x7c00;
  // Subnormal halves are multiples of 2^-24.
  if (magnitude < 2 ** -14) return sign | (magnitude * 2 ** 24);
  const exponent = Math.floor(Math.log2(magnitude));
  return sign | (((exponent + 15) << 10) + (magnitude / 2 ** exponent - 1) * 1024);
}
