import { randomData } from '@snowglobe/runtime/testing';
import fc from 'fast-check';
import type { QuantizedMatrix, WeightFormat } from '../quantized_weights/format.js';
import { packMatrix } from '../quantized_weights/pack_matrix.js';

/** Helpers of tests: matrices of any format. */
export interface MatrixSize {
  readonly k: number;
  readonly n: number;
}

/** What a matrix was packed from. */
export interface RandomMatrix {
  readonly matrix: QuantizedMatrix;
  /** (N, K) */
  readonly values: readonly number[];
  /** (N, groups), the middle where the format has none. */
  readonly zeroValues: readonly number[];
}

const uniform = (count: number, seed: number): Float32Array =>
  randomData({ shape: [count], dtype: 'f32' }, seed) as Float32Array;

/** Random integers of so many bits. */
export function randomWhole(count: number, bits: number, seed: number): number[] {
  return Array.from(uniform(count, seed), (x) =>
    Math.min(2 ** bits - 1, Math.floor(((x + 1) / 2) * 2 ** bits)),
  );
}

export function randomMatrix({ k, n }: MatrixSize, format: WeightFormat, seed: number): RandomMatrix {
  const { bits, group, zeroPoints, smooth } = format;
  const groups = Math.ceil(k / group);
  const values = randomWhole(n * k, bits, seed + 1);
  const zeroValues = zeroPoints
    ? randomWhole(n * groups, bits, seed + 2)
    : new Array<number>(n * groups).fill(2 ** (bits - 1));
  const matrix = packMatrix({
    format,
    shape: [k, n],
    values,
    scales: uniform(n * groups, seed + 3).map((x) => x / 2 ** (bits - 1)),
    ...(zeroPoints && { zeroPoints: zeroValues }),
    ...(smooth && { smooth: uniform(k, seed + 4).map((x) => 1.5 + x) }),
  });
  return { matrix, values, zeroValues };
}

/** 2^bits numbers, neither evenly spaced nor whole. */
export const unevenCodebook = (bits: number): number[] =>
  Array.from({ length: 2 ** bits }, (_, i) => Math.sin(i + 1) + i / 2 ** bits);

/** Any format that a matrix of `depth` inputs can have. */
export function anyFormat(depth: number): fc.Arbitrary<WeightFormat> {
  const groups = [16, 32, 64, 128, 256].filter((group) => group < 2 * Math.max(16, depth));
  const rotations = [2, 4, 8, 16, 32, 64].filter((size) => depth % size === 0);
  return fc
    .record({
      bits: fc.constantFrom<WeightFormat['bits']>(2, 4, 8),
      group: fc.constantFrom(...groups),
      kind: fc.constantFrom('middle', 'zero points', 'codebook'),
      rotation: fc.constantFrom(undefined, ...rotations),
      smooth: fc.boolean(),
    })
    .map(({ bits, group, kind, rotation, smooth }) => ({
      bits,
      group,
      zeroPoints: kind === 'zero points',
      ...(kind === 'codebook' && { codebook: unevenCodebook(bits) }),
      ...(rotation && { rotation }),
      ...(smooth && { smooth: true as const }),
    }));
}
