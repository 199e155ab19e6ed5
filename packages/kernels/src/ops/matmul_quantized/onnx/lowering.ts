import type { Shape, TensorData } from '@snowglobe/graph';
import type { OnnxContext } from '../../../kernel/kernel.js';
import type { OnnxEmitter } from '../../../onnx/emitter.js';
import { pointwiseFunctions } from '../../pointwise/functions.js';
import { leastLargest } from '../../../numerics/rounding.js';
import type { MatmulQuantizedAttributes, MatmulQuantizedShape } from '../matmul_quantized.js';
import { matmulQuantizedOperands, matmulQuantizedShape, middle } from '../matmul_quantized.js';
import type { SignedBytes } from './signed_bytes.js';
import { signedBytesOf } from './signed_bytes.js';
import { decomposeIntoNibbles } from './nibbles.js';
import { normalFloat4Bytes } from './normal_float.js';
import type { WeightBits } from '../pack.js';

const float = 1;
/** From so many rows on, making a matrix floats at every run is the smaller part of a matmul. */
const manyRows = 128;

/** `MatMulNBits` has no larger ones. */
const largestBlock = 256;

/** Operands of a matmul with weights in few bits. */
export interface OnnxWeights {
  readonly shape: MatmulQuantizedShape;
  readonly attributes: MatmulQuantizedAttributes;
  /** Value names of packed weights, scales and zero points, and their values where those are constant. */
  readonly names: readonly [packed: string, scales: string, zeros: string | undefined];
  readonly data: readonly (TensorData | undefined)[];
}

/** Names and values of the weights among a node's operands. */
export function onnxWeights(
  { inputs, attributes, inputNames, inputData }: OnnxContext<MatmulQuantizedAttributes>,
  shape: MatmulQuantizedShape,
): OnnxWeights {
  const { zeros } = matmulQuantizedOperands(inputs.length, attributes);
  return {
    shape,
    attributes,
    names: [inputNames[1]!, inputNames[2]!, zeros === undefined ? undefined : inputNames[zeros]],
    data: [inputData[1], inputData[2], zeros === undefined ? undefined : inputData[zeros]],
  };
}

export function matmulQuantizedOnnx(context: OnnxContext<MatmulQuantizedAttributes>): readonly string[] {
  const { inputs, inputNames } = context;
  const weights = onnxWeights(context, matmulQuantizedShape(inputs, context.attributes));
  const rows = { name: inputNames[0]!, shape: inputs[0]!.shape };
  const product = onnxMatmul(context.emitter, rows, weights, onnxBias(context));
  return [onnxEpilogue(context, product)];
}

/** Name of the bias (N), if there is one. */
export function onnxBias({
  inputs,
  attributes,
  inputNames,
}: OnnxContext<MatmulQuantizedAttributes>): string | undefined {
  const { bias } = matmulQuantizedOperands(inputs.length, attributes);
  return bias === undefined ? undefined : inputNames[bias];
}

/** Activation and residual of a matmul that has its bias. */
export function onnxEpilogue(
  { emitter, inputs, attributes, inputNames }: OnnxContext<MatmulQuantizedAttributes>,
  product: string,
): string {
  const { residual } = matmulQuantizedOperands(inputs.length, attributes);
  const { activation } = attributes;
  const result = activation === 'none' ? product : pointwiseFunctions[activation].onnx(emitter, product);
  return residual ? emitter.emit('Add', [result, inputNames[residual]!]) : result;
}

/** A value (…, K) as a matmul's left operand. */
export interface OnnxRows {
  readonly name: string;
  readonly shape: Shape;
}

/**
 * Rows (…, K) times weights, plus the bias (N): (…, N). Constant weights stay in few bits:
 *
 * - activations of eight bits and one group a column: ONNX Runtime's matmul of bytes, in integers;
 * - the codebook of NF4: the contrib op `MatMulBnb4`;
 * - eight bits in groups that ONNX Runtime has, and many rows: the contrib op `MatMulNBits` on the bytes as they are;
 * - all else: the contrib op `MatMulNBits` on nibbles, see `NibbleDecomposition`. Its `accuracy_level` stays at full precision: level 4 would
 *   round activations in blocks, which is another format.
 *
 * Before version 1.23, ONNX Runtime has no `MatMulNBits` of eight bits, and none with a bias before 1.20: portable models have neither.
 *
 * Weights that change are unpacked by ordinary nodes. Nodes around a matmul of few rows cost as much as it does, so rows keep
 * their shape wherever they can.
 */
export function onnxMatmul(
  emitter: OnnxEmitter,
  rows: OnnxRows,
  weights: OnnxWeights,
  bias: string | undefined,
): string {
  const { shape, attributes, data } = weights;
  const [packed, scales, zeros] = data;
  const isConstant = packed && scales && (zeros || !weights.names[2]);
  const isRounded = attributes.activationBits === 8;
  if (isConstant && isRounded && shape.groups === 1) {
    const bytes = signedBytesOf(packed, scales, zeros, shape, attributes);
    if (bytes) return integerMatmul(emitter, rows, shape, bytes, bias);
  }
  const floats = isRounded ? { ...rows, name: roundedRows(emitter, rows.name) } : rows;
  if (isConstant) return packedMatmul(emitter, floats, weights, [packed, scales, zeros], bias);
  const flat = emitter.reshape(floats.name, [shape.m, shape.k]);
  const operands = [flat, unpacked(emitter, weights), ...(bias ? [bias] : [])];
  const product = emitter.emit('Gemm', operands, { transB: { int: 1 } });
  return emitter.reshape(product, [...rows.shape.slice(0, -1), shape.n]);
}

/** Float rows times constant weights as they are packed. */
function packedMatmul(
  emitter: OnnxEmitter,
  { name, shape: rowShape }: OnnxRows,
  weights: OnnxWeights,
  [packed, scales, zeros]: readonly [TensorData, TensorData, TensorData | undefined],
  bias: string | undefined,
): string {
  const { shape, attributes } = weights;
  const { m, n, k } = shape;
  const normal = normalFloat4Bytes(packed, shape, attributes);
  if (normal) {
    const settings = {
      K: { int: k },
      N: { int: n },
      block_size: { int: attributes.group },
      quant_type: { int: 1 },
    };
    const operands = [
      name,
      emitter.bytes(normal, [normal.length]),
      emitter.reshape(weights.names[1], [scales.length]),
    ];
    const product = emitter.emit('MatMulBnb4', operands, settings, 'com.microsoft');
    return bias ? emitter.emit('Add', [product, bias]) : product;
  }
  if (attributes.bits === 8 && attributes.codebook.length === 0 && m >= manyRows && !emitter.isPortable) {
    return lowBitMatmul(emitter, name, bytesOperands(weights, packed, scales, zeros), shape, bias);
  }
  const nibbles = decomposeIntoNibbles(packed, scales, zeros, shape, attributes);
  const { count, block, blocks } = nibbles;
  const all = count * blocks;
  const depth = blocks * block;
  let repeated = name;
  if (count > 1) {
    const axes = rowShape.length;
    const padding = [...new Array<number>(2 * axes - 1).fill(0), depth - k];
    const whole = depth === k ? name : emitter.emit('Pad', [name, emitter.int64s(padding)]);
    repeated = emitter.emit('Concat', new Array<string>(count).fill(whole), { axis: { int: axes - 1 } });
  }
  const { digits, scales: scaled, zeroPoints } = nibbles;
  const operands = { bits: 4, block, blocks: all, packed: digits, scales: scaled, zeroPoints } as const;
  return lowBitMatmul(emitter, repeated, operands, { n, k: count > 1 ? count * depth : k }, bias);
}

/** Weights as `MatMulNBits` has them. */
interface LowBitOperands {
  readonly bits: 4 | 8;
  readonly block: number;
  readonly blocks: number;
  readonly packed: Uint8Array;
  readonly scales: Float32Array;
  readonly zeroPoints: Uint8Array | undefined;
}

function lowBitMatmul(
  emitter: OnnxEmitter,
  rows: string,
  { bits, block, blocks, packed, scales, zeroPoints }: LowBitOperands,
  { n, k }: Pick<MatmulQuantizedShape, 'n' | 'k'>,
  bias: string | undefined,
): string {
  const operands = [
    rows,
    emitter.bytes(packed, [n, blocks, (block * bits) / 8]),
    emitter.tensor(scales, [n, blocks]),
    zeroPoints ? emitter.bytes(zeroPoints, [n, zeroPoints.length / n]) : '',
    '',
    emitter.isPortable ? '' : (bias ?? ''),
  ];
  const settings = { K: { int: k }, N: { int: n }, bits: { int: bits }, block_size: { int: block } };
  const product = emitter.emit('MatMulNBits', withoutLast(operands), settings, 'com.microsoft');
  return bias && emitter.isPortable ? emitter.emit('Add', [product, bias]) : product;
}

/** Bytes for `MatMulNBits`, which makes them floats at every run, all at once. A larger group becomes several blocks of its scale. */
function bytesOperands(
  { shape: { n, k, groups, words, zeroWords }, attributes: { group } }: OnnxWeights,
  packed: TensorData,
  scales: TensorData,
  zeros: TensorData | undefined,
): LowBitOperands {
  const block = Math.min(group, largestBlock);
  const blocks = Math.ceil(k / block);
  const byBlock = <T extends TensorData | Uint8Array>(byGroup: T | TensorData, all: T): T => {
    for (let at = 0; at < all.length; at++) {
      const [row, place] = [Math.floor(at / blocks), Math.floor(((at % blocks) * block) / group)];
      all[at] = byGroup[row * groups + place]!;
    }
    return all;
  };
  return {
    ...{ bits: 8, block, blocks },
    packed: rowBytes(packed, n, words, blocks * block),
    scales: byBlock(scales, new Float32Array(n * blocks)),
    zeroPoints: zeros && byBlock(rowBytes(zeros, n, zeroWords, groups), new Uint8Array(n * blocks)),
  };
}

/** The first `wanted` bytes of each row of words, zeros after its end. */
function rowBytes(data: TensorData, rows: number, words: number, wanted: number): Uint8Array {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const result = new Uint8Array(rows * wanted);
  for (let row = 0; row < rows; row++) {
    result.set(bytes.subarray(row * words * 4, row * words * 4 + Math.min(words * 4, wanted)), row * wanted);
  }
  return result;
}

/** Bytes times bytes: a scale a row and a scale a column. */
function integerMatmul(
  emitter: OnnxEmitter,
  { name, shape: rowShape }: OnnxRows,
  { m, n, k }: MatmulQuantizedShape,
  { bytes, scales, zeroPoints }: SignedBytes,
  bias: string | undefined,
): string {
  // The matmul knows one step for all rows, and adds its bias after that: both suffice for a single row.
  const isSingle = m === 1;
  const axes = isSingle ? rowShape.map((_, axis) => axis) : [-1];
  const largest = emitter.emit('ReduceMax', [emitter.emit('Abs', [name]), emitter.int64s(axes)], {
    keepdims: { int: isSingle ? 0 : 1 },
  });
  // Shares of it first, because bytes have a step a row only where rows lie along a single axis. A row of zeros has the largest
  // number 0, by which its bytes, whatever 0/0 rounds to, are multiplied in the end.
  const share = emitter.emit('Div', [name, largest]);
  const middle = emitter.bytes(Uint8Array.of(128), []);
  const columnSteps = scales.map((scale) => scale / 127);
  // Both sides unsigned. Unsigned rows times signed columns saturate at 16 bits on x64 without VNNI (`vpmaddubsw`), and signed
  // times signed takes up to seven times as long there.
  const unsigned = (signed: Int8Array): Uint8Array => Uint8Array.from(signed, (value) => value + 128);
  const operands = [
    emitter.emit('QuantizeLinear', [share, emitter.float(1 / 127), middle]),
    emitter.bytes(unsigned(bytes), [k, n]),
    isSingle ? largest : emitter.float(1),
    emitter.tensor(columnSteps, [n]),
    middle,
    emitter.bytes(unsigned(zeroPoints ?? new Int8Array(n)), [n]),
    isSingle && bias ? bias : '',
  ];
  const product = emitter.emit('MatMulIntegerToFloat', withoutLast(operands), {}, 'com.microsoft');
  if (isSingle) return product;
  const scaled = emitter.emit('Mul', [product, largest]);
  return bias ? emitter.emit('Add', [scaled, bias]) : scaled;
}

/** Operands without the optional ones at the end that are not given. */
function withoutLast(operands: readonly string[]): readonly string[] {
  return operands.slice(0, operands.findLastIndex((name) => name !== '') + 1);
}

/** Rows (…, K) rounded to signed bytes and back: the numbers that the whole-number matmul computes with. */
function roundedRows(emitter: OnnxEmitter, rows: string): string {
  const largest = emitter.emit('ReduceMax', [emitter.emit('Abs', [rows]), emitter.int64s([-1])], {
    keepdims: { int: 1 },
  });
  const guarded = emitter.emit('Max', [largest, emitter.float(leastLargest)]);
  const factor = emitter.emit('Div', [emitter.float(127), guarded]);
  const bytes = emitter.emit('Round', [emitter.emit('Mul', [rows, factor])]);
  return emitter.emit('Mul', [bytes, emitter.emit('Div', [guarded, emitter.float(127)])]);
}

/** (rows, words) u32 -> (rows, columns) integers as i32. */
function values(
  emitter: OnnxEmitter,
  name: string,
  rows: number,
  words: number,
  columns: number,
  bits: WeightBits,
): string {
  const perWord = 32 / bits;
  const shifts = emitter.tensor(
    Uint32Array.from({ length: perWord }, (_, i) => i * bits),
    [perWord],
  );
  const mask = emitter.tensor(Uint32Array.of(2 ** bits - 1), []);
  const shifted = emitter.emit('BitShift', [emitter.reshape(name, [rows, words, 1]), shifts], {
    direction: { string: 'RIGHT' },
  });
  const whole = emitter.cast(emitter.emit('BitwiseAnd', [shifted, mask]), 6);
  return emitter.slice(emitter.reshape(whole, [rows, words * perWord]), [1], [0], [columns]);
}

/** The weights as (N, K) float. */
function unpacked(
  emitter: OnnxEmitter,
  { shape: { n, k, groups, words, zeroWords }, attributes, names: [packed, scales, zeros] }: OnnxWeights,
): string {
  const { bits, group, codebook } = attributes;
  const depth = groups * group;
  const stored = values(emitter, packed, n, words, k, bits);
  const padded = emitter.emit('Pad', [stored, emitter.int64s([0, 0, 0, depth - k])]);
  const whole = emitter.reshape(padded, [n, groups, group]);
  let steps: string;
  if (codebook.length > 0) {
    steps = emitter.emit('Gather', [emitter.tensor(Float32Array.from(codebook), [codebook.length]), whole]);
  } else {
    const zero = zeros
      ? emitter.cast(
          emitter.reshape(values(emitter, zeros, n, zeroWords, groups, bits), [n, groups, 1]),
          float,
        )
      : emitter.float(middle(bits));
    steps = emitter.emit('Sub', [emitter.cast(whole, float), zero]);
  }
  const scaled = emitter.emit('Mul', [steps, emitter.reshape(scales, [n, groups, 1])]);
  return emitter.slice(emitter.reshape(scaled, [n, depth]), [1], [0], [k]);
}
