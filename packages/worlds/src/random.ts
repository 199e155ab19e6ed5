import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

/**
 * A 32-bit dice of three integers, for decisions that depend on the place alone.
 * Mixing steps of MurmurHash3's finalizer (Appleby, public domain).
 */
export function hash(a: number, b: number, c: number): number {
  let h =
    Math.imul(a, 0x9e3779b1) ^ Math.imul(b + 0x7f4a7c15, 0x85ebca6b) ^ Math.imul(c + 0x165667b1, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/**
 * The generator of a seed. The seed is mixed first: the first numbers of neighbouring seeds of xoroshiro128+ are nearly
 * the same, and seeds that people choose are neighbours.
 *
 * @param seed safe integer
 * @param purpose tells generators of the same seed apart
 */
export function seededRandom(seed: number, purpose: number): RandomGenerator {
  const high = Math.floor(seed / 2 ** 32);
  return xoroshiro128plus(hash(seed % 2 ** 32, high, purpose));
}
