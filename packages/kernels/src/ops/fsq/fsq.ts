import type { Tensor } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import { formatShape } from '@snowglobe/graph/internal';
import { pointwise as p } from '../pointwise/pointwise.js';
import { sum } from '../reduce/reduce.js';
import { reshape } from '../reshape/reshape.js';

/**
 * Finite scalar quantization (Mentzer et al. 2023): each channel is squashed into a few levels and rounded, so that the
 * codebook is a grid that needs no learning. Values lie in −1 … 1: level q of L is q / floor(L/2), and q runs over L
 * integers around 0 (−L/2 … L/2−1 where L is even). Compositions of pointwise ops: they fuse, and every executor
 * has them.
 */

/** Keeps the outermost levels reachable: tanh never quite gets to 1. */
const margin = 1e-3;

function checkLevels(op: string, x: Tensor, levels: readonly number[]): void {
  if (x.shape.at(-1) !== levels.length || levels.some((level) => !Number.isInteger(level) || level < 2)) {
    throw new SnowglobeError(
      `${op}: ${formatShape(x.shape)} does not fit levels [${levels.join(', ')}]; give each channel whole levels of 2 or more.`,
    );
  }
}

const vector = (x: Tensor, values: readonly number[]): Tensor =>
  x.builder.constant(Float32Array.from(values), [values.length]);

/** Integer of the zero level: how many levels lie below it. */
const below = (level: number): number => Math.floor(level / 2);

/** z (…, Z) -> quantized values (…, Z) in −1 … 1. The rounding passes gradients straight through. */
export function fsqQuantize(z: Tensor, levels: readonly number[]): Tensor {
  checkLevels('fsqQuantize', z, levels);
  const half = levels.map((level) => ((level - 1) * (1 + margin)) / 2);
  const offset = levels.map((level) => (level % 2 === 0 ? 0.5 : 0));
  const shift = half.map((h, i) => Math.atanh(offset[i]! / h));
  const bounded = p.sub(p.mul(p.tanh(p.add(z, vector(z, shift))), vector(z, half)), vector(z, offset));
  return p.mul(
    p.roundStraightThrough(bounded),
    vector(
      z,
      levels.map((level) => 1 / below(level)),
    ),
  );
}

/**
 * Quantized values (…, books · C) -> code index of each book (…, books) i32, the first channel counting fastest.
 * @param levels of one book's channels
 */
export function fsqIndices(values: Tensor, levels: readonly number[]): Tensor {
  const codebooks = values.shape.at(-1)! / levels.length;
  const perBook = reshape(values, [...values.shape.slice(0, -1), codebooks, levels.length]);
  checkLevels('fsqIndices', perBook, levels);
  const digits = p.add(p.mul(perBook, vector(values, levels.map(below))), vector(values, levels.map(below)));
  return p.toI32(p.round(sum(p.mul(p.round(digits), vector(values, basisOf(levels))), -1)));
}

/** Code indices (…, books) i32 -> quantized values (…, books · C): the inverse of `fsqIndices`. */
export function fsqValues(indices: Tensor, levels: readonly number[]): Tensor {
  const basis = basisOf(levels);
  const index = reshape(p.toF32(indices), [...indices.shape, 1]);
  // f32 holds every integer up to 2^24 exactly; adding a half keeps the quotient's rounding off the boundary.
  const quotient = p.floor(p.div(p.add(index, 0.5), vector(index, basis)));
  const wraps = p.floor(p.div(p.add(quotient, 0.5), vector(index, levels)));
  const digits = p.sub(quotient, p.mul(wraps, vector(index, levels)));
  const values = p.div(p.sub(digits, vector(index, levels.map(below))), vector(index, levels.map(below)));
  return reshape(values, [...indices.shape.slice(0, -1), indices.shape.at(-1)! * levels.length]);
}

/** Place value of each channel: 1, L0, L0·L1, … */
function basisOf(levels: readonly number[]): number[] {
  let product = 1;
  return levels.map((level) => {
    const place = product;
    product *= level;
    return place;
  });
}
