import { roundToHalf } from './half.js';

/**
 * What the largest magnitude of a row or head counts as when it is rounded to signed bytes: below 2^-100, the factor 127 / largest
 * would come near the end of 32-bit floats. So such numbers become zeros, on every executor.
 */
export const leastLargest = 2 ** -100;

/** Factor to bytes and step of a row, by its largest magnitude, each rounded as 32-bit floats. */
export function byteScale(largest: number): { readonly factor: number; readonly step: number } {
  const guarded = Math.max(largest, leastLargest);
  return { factor: Math.fround(127 / guarded), step: guarded / 127 };
}

/** Scales below this are kept in 32 bits: 16-bit floats lose more than eight bits of them, and from 2^-25 on everything. */
export const LEAST_HALF_SCALE = 2 ** -17;

/**
 * A group's scale as files and executors keep it: a 16-bit float from 2^-17 to 65504, a 32-bit one outside. Zero where even that
 * cannot hold it as a normal number; ±Infinity beyond its largest.
 */
export function roundScale(value: number): number {
  if (Math.abs(value) < LEAST_HALF_SCALE) return Math.abs(value) < 2 ** -126 ? 0 : Math.fround(value);
  const half = roundToHalf(value);
  return Number.isFinite(half) ? half : Math.fround(value);
}
