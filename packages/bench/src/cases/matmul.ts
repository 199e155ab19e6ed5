import type { OnnxEmitter } from '@snowglobe/kernels';
import { matmul, matmulQuantized } from '@snowglobe/kernels';
import { wordsOf } from '@snowglobe/kernels/internal';
import type { BenchCase } from './case.js';
import { uniform, words } from './random.js';

/** Rows, depth and columns: (M, K) x (K, N). */
export type MatmulShape = readonly [m: number, k: number, n: number];

const nameOf = ([m, k, n]: MatmulShape): string => `${m}x${k}x${n}`;

/** A matmul with constant weights in full precision, as in a linear layer. */
export function matmulCase(shape: MatmulShape): BenchCase {
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

/** A matmul with constant weights of few bits, symmetric, in groups of 32. */
export function quantizedCase(shape: MatmulShape, bits: 4 | 8, activationBits: 8 | 32 = 32): BenchCase {
  const [m, k, n] = shape;
  const groups = Math.ceil(k / group);
  const row = wordsOf(groups * group, bits);
  const packed = words(n * row, 'packed');
  const scales = uniform(n * groups, 'scales');
  return {
    family: `matmul-w${bits}a${activationBits === 8 ? 8 : 16}`,
    shape: nameOf(shape),
    dtype: `u${bits} in groups of ${group}, ${activationBits === 8 ? 'i8' : 'f32'}`,
    inputs: { a: uniform(m * k, 'a') },
    build: (builder) =>
      matmulQuantized(
        builder.input('a', [m, k]),
        {
          packed: builder.constant(packed, [n, row]),
          scales: builder.constant(scales, [n, groups]),
          bits,
          group,
        },
        { activationBits },
      ),
    // ONNX Runtime rounds activations to bytes as well when it is asked for accuracy level 4.
    ...(activationBits === 8 && {
      onnx: (emitter: OnnxEmitter, { a }: Readonly<Record<string, string>>) => {
        const bytes = emitter.bytes(new Uint8Array(packed.buffer), [n, groups, (group * bits) / 8]);
        const settings = { K: k, N: n, bits, block_size: group, accuracy_level: 4 };
        const attributes = Object.fromEntries(
          Object.entries(settings).map(([name, value]) => [name, { int: value }]),
        );
        const operands = [a!, bytes, emitter.tensor(scales, [n, groups])];
        return emitter.emit('MatMulNBits', operands, attributes, 'com.microsoft');
      },
    }),
  };
}
