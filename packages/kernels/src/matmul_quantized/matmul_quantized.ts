import type { OpDefinition, Tensor, TensorSpec } from '@snowglobe/graph';
import { SnowglobeError, formatShape, sameShape, sizeOf } from '@snowglobe/graph';
import type { WeightBits } from './pack.js';
import { wordsOf } from './pack.js';

export interface MatmulQuantizedAttributes extends Record<string, unknown> {
  readonly bits: WeightBits;
  /** Successive weights of a row that share a scale and a zero point: a power of two of at least 16. */
  readonly group: number;
  /** Columns of `a`, which `packed` alone does not tell. */
  readonly depth: number;
  readonly hasZeroPoints: boolean;
  /** 8: activations become signed bytes first, a scale a row. 32: they stay as they are. */
  readonly activationBits: 8 | 32;
}

/** The product as (M, K) x (K, N), K in `groups` groups. */
export interface MatmulQuantizedShape {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly groups: number;
  /** Words of a packed row of weights, and of zero points. */
  readonly words: number;
  readonly zeroWords: number;
}

/** @param inputs checked by the op */
export function matmulQuantizedShape(
  [a, packed]: readonly TensorSpec[],
  { bits, group, depth }: MatmulQuantizedAttributes,
): MatmulQuantizedShape {
  const groups = Math.ceil(depth / group);
  return {
    m: sizeOf(a!.shape) / depth,
    n: packed!.shape[0]!,
    k: depth,
    groups,
    words: wordsOf(groups * group, bits),
    zeroWords: wordsOf(groups, bits),
  };
}

/** What a weight's zero point is where none are given: the middle. */
export const middle = (bits: WeightBits): number => 2 ** (bits - 1);

export const matmulQuantizedOp: OpDefinition<MatmulQuantizedAttributes> = {
  name: 'matmulQuantized',
  infer(inputs, attributes) {
    const { bits, group, hasZeroPoints } = attributes;
    const [a, packed, scales] = inputs as [TensorSpec, TensorSpec, TensorSpec];
    const zeros = hasZeroPoints ? inputs[3] : undefined;
    const bias = inputs[hasZeroPoints ? 4 : 3];
    const refuse = (what: string, spec: TensorSpec, remedy: string): never => {
      throw new SnowglobeError(
        `matmulQuantized: ${what} is ${spec.dtype} ${formatShape(spec.shape)} for ${bits} bits in groups of ${group}; ${remedy}.`,
      );
    };
    if (group < 16 || !Number.isInteger(Math.log2(group))) {
      throw new SnowglobeError(
        `matmulQuantized: a group of ${group} weights is no power of two from 16; use 32, 64 or 128.`,
      );
    }
    if (a.dtype !== 'f32' || a.shape.length < 1) refuse('a', a, 'give it as f32 (…, K)');
    const n = packed.shape[0] ?? 0;
    const shape = matmulQuantizedShape(inputs, attributes);
    const expect = (
      what: string,
      spec: TensorSpec,
      dtype: TensorSpec['dtype'],
      wanted: readonly number[],
    ): void => {
      if (spec.dtype !== dtype || !sameShape(spec.shape, wanted))
        refuse(what, spec, `it must be ${dtype} ${formatShape(wanted)}`);
    };
    expect('packed', packed, 'u32', [n, shape.words]);
    expect('scales', scales, 'f32', [n, shape.groups]);
    if (zeros) expect('zeroPoints', zeros, 'u32', [n, shape.zeroWords]);
    if (bias) expect('bias', bias, 'f32', [n]);
    return [{ shape: [...a.shape.slice(0, -1), n], dtype: 'f32' }];
  },
  flops(inputs, _, attributes) {
    const { m, n, k } = matmulQuantizedShape(inputs, attributes);
    return 2 * m * n * k;
  },
};

/** Weights in few bits. */
export interface QuantizedWeights {
  /** (N, words) u32: rows of W^T, K padded to whole groups; see `packRows`. */
  readonly packed: Tensor;
  /** (N, groups) f32. */
  readonly scales: Tensor;
  /** (N, words) u32, a value a group; without them every zero point is the middle, 2^(bits - 1). */
  readonly zeroPoints?: Tensor;
  readonly bits: WeightBits;
  readonly group: number;
}

export interface MatmulQuantizedOptions {
  /** (N), added to every row. */
  readonly bias?: Tensor;
  /**
   * 8: each row of `a` is rounded to signed bytes, its largest magnitude becoming 127, and the products of a group are
   * summed in whole numbers (W8A8 and W4A8 in the field's words). Default 32: activations keep full precision (W8A16, W4A16).
   */
  readonly activationBits?: 8 | 32;
}

/**
 * Matrix product with weights of 4 or 8 bits: (…, M, K) x (K, N) -> (…, M, N), where weight (k, n) is (q - zero point) · scale
 * of its group. Weights are read as they are packed and never stored in full. It has no derivative: train with fake
 * quantization, or before quantizing.
 *
 * The layout is that of ONNX Runtime's MatMulNBits
 * (https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.MatMulNBits).
 *
 * @throws SnowglobeError naming the operand whose shape does not fit
 */
export function matmulQuantized(
  a: Tensor,
  { packed, scales, zeroPoints, bits, group }: QuantizedWeights,
  { bias, activationBits = 32 }: MatmulQuantizedOptions = {},
): Tensor {
  const inputs = [a, packed, scales, ...(zeroPoints ? [zeroPoints] : []), ...(bias ? [bias] : [])];
  const hasZeroPoints = zeroPoints !== undefined;
  const attributes = { bits, group, depth: a.shape.at(-1) ?? 0, hasZeroPoints, activationBits };
  return a.builder.apply(matmulQuantizedOp, inputs, attributes)[0]!;
}
