import type { OpDefinition, Tensor, TensorSpec } from '@snowglobe/graph';
import { SnowglobeError, sizeOf } from '@snowglobe/graph';
import { formatShape, sameShape } from '@snowglobe/graph/internal';
import type { Activation } from '../matmul/matmul.js';
import type { WeightBits } from './pack.js';
import { wordsOf } from './pack.js';

export interface MatmulQuantizedAttributes extends Record<string, unknown> {
  readonly bits: WeightBits;
  /** Successive weights of a row that share a scale and a zero point: a power of two of at least 16. */
  readonly group: number;
  /** Columns of `a`, which `packed` alone does not tell. */
  readonly depth: number;
  readonly hasZeroPoints: boolean;
  /** 2^bits values that weights are chosen from; empty where a weight is its distance from the zero point. */
  readonly codebook: readonly number[];
  /** 8: activations become signed bytes first, a scale a row. 32: they stay as they are. */
  readonly activationBits: 8 | 32;
  /** Applied to the result after the bias. Set by `fuseMatmulEpilogues`. */
  readonly activation: Activation;
  /** The last operand, of the result's shape, is added after everything else. Set by `fuseMatmulEpilogues`. */
  readonly hasResidual: boolean;
}

/** Where each optional operand stands; undefined where the node has none. */
export function matmulQuantizedOperands(
  inputCount: number,
  { hasZeroPoints, hasResidual }: Pick<MatmulQuantizedAttributes, 'hasZeroPoints' | 'hasResidual'>,
): { readonly zeros?: number; readonly bias?: number; readonly residual?: number } {
  const afterZeros = hasZeroPoints ? 4 : 3;
  const beforeResidual = inputCount - (hasResidual ? 1 : 0);
  return {
    ...(hasZeroPoints && { zeros: 3 }),
    ...(beforeResidual > afterZeros && { bias: afterZeros }),
    ...(hasResidual && { residual: beforeResidual }),
  };
}

/** The matmul as (M, K) x (K, N), K in `groups` groups. */
export interface MatmulQuantizedShape {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly groups: number;
  /** Words of a packed row of weights as it is stored, and of zero points. */
  readonly words: number;
  readonly zeroWords: number;
}

/** @param inputs checked by the op */
export function matmulQuantizedShape(
  [a, packed]: readonly TensorSpec[],
  { bits, group, depth }: Pick<MatmulQuantizedAttributes, 'bits' | 'group' | 'depth'>,
): MatmulQuantizedShape {
  const groups = Math.ceil(depth / group);
  return {
    m: sizeOf(a!.shape) / depth,
    n: packed!.shape[0]!,
    k: depth,
    groups,
    words: packed!.shape[1]!,
    zeroWords: wordsOf(groups, bits),
  };
}

/** Checks what holds weights in few bits, for an op that multiplies with them. @throws SnowglobeError naming the operand */
export function checkQuantizedOperands(
  op: string,
  inputs: readonly TensorSpec[],
  attributes: Pick<
    MatmulQuantizedAttributes,
    'bits' | 'group' | 'depth' | 'hasZeroPoints' | 'hasResidual' | 'codebook'
  >,
  result: readonly number[],
): void {
  const { bits, group, depth, codebook } = attributes;
  const refuse = (what: string, spec: TensorSpec, remedy: string): never => {
    throw new SnowglobeError(
      `${op}: ${what} is ${spec.dtype} ${formatShape(spec.shape)} for ${bits} bits in groups of ${group}; ${remedy}.`,
    );
  };
  const expect = (
    what: string,
    spec: TensorSpec,
    dtype: TensorSpec['dtype'],
    wanted: readonly number[],
  ): void => {
    if (spec.dtype !== dtype || !sameShape(spec.shape, wanted))
      refuse(what, spec, `it must be ${dtype} ${formatShape(wanted)}`);
  };
  const [packed, scales] = inputs.slice(1) as [TensorSpec, TensorSpec];
  if (group < 16 || !Number.isInteger(Math.log2(group))) {
    throw new SnowglobeError(
      `${op}: a group of ${group} weights is no power of two from 16; use 32, 64 or 128.`,
    );
  }
  if (codebook.length > 0 && (codebook.length !== 2 ** bits || attributes.hasZeroPoints)) {
    throw new SnowglobeError(
      `${op}: a codebook of ${codebook.length} values${attributes.hasZeroPoints ? ' and zero points' : ''} for ${bits} bits; ` +
        `give it ${2 ** bits} values and no zero points.`,
    );
  }
  const n = packed.shape[0] ?? 0;
  const { groups, zeroWords } = matmulQuantizedShape(inputs, attributes);
  // What only pads the last group may be left out.
  const [least, most] = [wordsOf(depth, bits), wordsOf(groups * group, bits)];
  const words = Math.min(Math.max(packed.shape[1] ?? 0, least), most);
  expect('packed', packed, 'u32', [n, words]);
  expect('scales', scales, 'f32', [n, groups]);
  const { zeros, bias, residual } = matmulQuantizedOperands(inputs.length, attributes);
  if (zeros) expect('zeroPoints', inputs[zeros]!, 'u32', [n, zeroWords]);
  if (bias) expect('bias', inputs[bias]!, 'f32', [n]);
  if (residual) expect('residual', inputs[residual]!, 'f32', result);
}

/** What a weight's zero point is where none are given: the middle. */
export const middle = (bits: WeightBits): number => 2 ** (bits - 1);

export const matmulQuantizedOp: OpDefinition<MatmulQuantizedAttributes> = {
  name: 'matmulQuantized',
  infer(inputs, attributes) {
    const [a, packed] = inputs as [TensorSpec, TensorSpec];
    if (a.dtype !== 'f32' || a.shape.length < 1) {
      throw new SnowglobeError(
        `matmulQuantized: a is ${a.dtype} ${formatShape(a.shape)}; give it as f32 (…, K).`,
      );
    }
    const shape = [...a.shape.slice(0, -1), packed.shape[0] ?? 0];
    checkQuantizedOperands('matmulQuantized', inputs, attributes, shape);
    return [{ shape, dtype: 'f32' }];
  },
  flops(inputs, _, attributes) {
    const { m, n, k } = matmulQuantizedShape(inputs, attributes);
    return 2 * m * n * k;
  },
};

/** Weights in few bits. */
export interface QuantizedWeights {
  /** (N, words) u32: rows of W^T, K padded to whole groups, or to whole words; see `packRows`. */
  readonly packed: Tensor;
  /** (N, groups) f32. */
  readonly scales: Tensor;
  /** (N, words) u32, a value a group; without them every zero point is the middle, 2^(bits - 1). */
  readonly zeroPoints?: Tensor;
  readonly bits: WeightBits;
  readonly group: number;
  /** 2^bits values: weight = codebook[q] · scale (NF4, MXFP4, ternary). Excludes zero points. */
  readonly codebook?: readonly number[];
}

/** The attributes that weights in few bits give an op which multiplies with them. */
export function quantizedAttributes(
  { bits, group, zeroPoints, codebook = [] }: QuantizedWeights,
  depth: number,
) {
  return { bits, group, depth, hasZeroPoints: zeroPoints !== undefined, codebook };
}

/** What is done before the result is stored, and how activations are rounded. */
export interface MatmulQuantizedOptions {
  /** (N), added to every row. */
  readonly bias?: Tensor;
  /**
   * 8: each row of `a` is rounded to signed bytes, its largest magnitude becoming 127, and the products of a group are
   * summed in integers (W8A8 and W4A8 in the field's words). Default 32: activations keep full precision (W8A16, W4A16).
   */
  readonly activationBits?: 8 | 32;
}

/**
 * Matmul with weights of 2, 4 or 8 bits: (…, M, K) x (K, N) -> (…, M, N), where weight (k, n) is (q - zero point) · scale
 * of its group, or codebook[q] · scale. Weights are read as they are packed and never stored in full. It has no derivative: train with fake
 * quantization, or before quantizing.
 *
 * The layout is that of ONNX Runtime's MatMulNBits
 * (https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.MatMulNBits).
 *
 * @throws SnowglobeError naming the operand whose shape does not fit
 */
export function matmulQuantized(
  a: Tensor,
  weights: QuantizedWeights,
  { bias, activationBits = 32 }: MatmulQuantizedOptions = {},
): Tensor {
  const { packed, scales, zeroPoints } = weights;
  const inputs = [a, packed, scales, ...(zeroPoints ? [zeroPoints] : []), ...(bias ? [bias] : [])];
  return a.builder.apply(matmulQuantizedOp, inputs, {
    ...quantizedAttributes(weights, a.shape.at(-1) ?? 0),
    activationBits,
    activation: 'none',
    hasResidual: false,
  })[0]!;
}
