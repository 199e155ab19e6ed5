import type { WeightBits } from '@snowglobe/kernels';
import { matmul, matmulQuantized, wordsOf } from '@snowglobe/kernels';
import type { BenchCase } from './case.js';
import { uniform, words } from './random.js';

/** Rows, depth and columns: (M, K) x (K, N). */
export type ProductShape = readonly [m: number, k: number, n: number];

const nameOf = ([m, k, n]: ProductShape): string => `${m}x${k}x${n}`;

/** A product with constant weights in full precision, as in a linear layer. */
export function matmulCase(shape: ProductShape): BenchCase {
  const [m, k, n] = shape;
  return {
    family: 'matmul',
    shape: nameOf(shape),
    dtype: 'f32',
    inputs: { a: uniform(m * k, 'a') },
    build: (builder) => matmul(builder.input('a', [m, k]), builder.constant(uniform(k * n, 'b'), [k, n])),
  };
}

/** Successive weights that share a scale. */
const group = 32;

/** A product with constant weights of few bits, symmetric, in groups of 32. */
export function quantizedCase(shape: ProductShape, bits: WeightBits): BenchCase {
  const [m, k, n] = shape;
  const groups = Math.ceil(k / group);
  const row = wordsOf(groups * group, bits);
  return {
    family: bits === 4 ? 'matmul-w4a16' : 'matmul-w8a16',
    shape: nameOf(shape),
    dtype: `u${bits} in groups of ${group}, f32`,
    inputs: { a: uniform(m * k, 'a') },
    build: (builder) =>
      matmulQuantized(builder.input('a', [m, k]), {
        packed: builder.constant(words(n * row, 'packed'), [n, row]),
        scales: builder.constant(uniform(n * groups, 'scales'), [n, groups]),
        bits,
        group,
      }),
  };
}
