import type { TensorData } from '@snowglobe/graph';
import type { OnnxContext } from '../kernel.js';
import type { OnnxEmitter } from '../onnx/emitter.js';
import { pointwiseFunctions } from '../pointwise/functions.js';
import type { MatmulQuantizedAttributes, MatmulQuantizedShape } from './matmul_quantized.js';
import { matmulQuantizedOperands, matmulQuantizedShape, middle } from './matmul_quantized.js';
import { signedBytesOf } from './signed_bytes.js';
import { planesOf } from './planes.js';
import { normalFloat4Bytes } from './normal_float.js';
import type { WeightBits } from './pack.js';

const float = 1;
/** From so many rows on, making a matrix floats at every run is the smaller part of a product. */
const manyRows = 128;

/** `MatMulNBits` has no larger ones. */
const largestBlock = 256;

/** Operands of a product with weights in few bits. */
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
  const { emitter, inputs, outputs, inputNames } = context;
  const shape = matmulQuantizedShape(inputs, context.attributes);
  const rows = emitter.reshape(inputNames[0]!, [shape.m, shape.k]);
  const product = onnxProduct(emitter, rows, onnxWeights(context, shape));
  return [onnxEpilogue(context, emitter.reshape(product, outputs[0]!.shape))];
}

/** Bias, activation and residual. */
export function onnxEpilogue(
  { emitter, inputs, attributes, inputNames }: OnnxContext<MatmulQuantizedAttributes>,
  product: string,
): string {
  const { bias, residual } = matmulQuantizedOperands(inputs.length, attributes);
  let result = bias ? emitter.emit('Add', [product, inputNames[bias]!]) : product;
  const { activation } = attributes;
  if (activation !== 'none') result = pointwiseFunctions[activation].onnx(emitter, result);
  return residual ? emitter.emit('Add', [result, inputNames[residual]!]) : result;
}

/**
 * Rows (M, K) times weights. Constant weights stay in few bits:
 *
 * - activations of eight bits and one group a column: ONNX Runtime's product of bytes, in whole numbers;
 * - the codebook of NF4: the contrib op `MatMulBnb4`;
 * - eight bits in groups that ONNX Runtime has, and many rows: the contrib op `MatMulNBits` on the bytes as they are;
 * - all else: the contrib op `MatMulNBits` on nibbles, see `Planes`. Its `accuracy_level` stays at full precision: level 4 would
 *   round activations in blocks, which is another format.
 *
 * Weights that change are unpacked by ordinary nodes.
 */
export function onnxProduct(emitter: OnnxEmitter, rows: string, weights: OnnxWeights): string {
  const { shape, attributes, names, data } = weights;
  const { activationBits } = attributes;
  const [packed, scales, zeros] = data;
  const isConstant = packed && scales && (zeros || !names[2]);
  if (isConstant && activationBits === 8 && shape.groups === 1) {
    const bytes = signedBytesOf(packed, scales, zeros, shape, attributes);
    if (bytes) return wholeProduct(emitter, rows, shape, bytes);
  }
  const floats = activationBits === 8 ? roundedRows(emitter, rows) : rows;
  if (!isConstant) {
    return emitter.emit('Gemm', [floats, unpacked(emitter, weights)], { transB: { int: 1 } });
  }
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
      floats,
      emitter.bytes(normal, [normal.length]),
      emitter.reshape(names[1], [scales.length]),
    ];
    return emitter.emit('MatMulBnb4', operands, settings, 'com.microsoft');
  }
  const isBytes = attributes.bits === 8 && attributes.codebook.length === 0;
  if (isBytes && m >= manyRows) {
    return bytesProduct(emitter, floats, weights, packed, zeros);
  }
  const {
    count,
    block,
    blocks,
    digits,
    scales: scaled,
    zeroPoints,
  } = planesOf(packed, scales, zeros, shape, attributes);
  const all = count * blocks;
  const depth = blocks * block;
  let repeated = floats;
  if (count > 1) {
    const whole = depth === k ? floats : emitter.emit('Pad', [floats, emitter.int64s([0, 0, 0, depth - k])]);
    repeated = emitter.emit('Concat', new Array<string>(count).fill(whole), { axis: { int: 1 } });
  }
  const operands = [
    repeated,
    emitter.bytes(digits, [n, all, block / 2]),
    emitter.tensor(scaled, [n, all]),
    ...(zeroPoints ? [emitter.bytes(zeroPoints, [n, zeroPoints.length / n])] : []),
  ];
  const settings = {
    K: { int: count > 1 ? count * depth : k },
    N: { int: n },
    bits: { int: 4 },
    block_size: { int: block },
  };
  return emitter.reshape(emitter.emit('MatMulNBits', operands, settings, 'com.microsoft'), [m, n]);
}

/** `MatMulNBits` on bytes, which it makes floats at every run, all at once. A larger group becomes several blocks of its scale. */
function bytesProduct(
  emitter: OnnxEmitter,
  rows: string,
  { shape: { n, k, groups, words, zeroWords }, attributes: { group }, data: [, scales] }: OnnxWeights,
  packed: TensorData,
  zeros: TensorData | undefined,
): string {
  const block = Math.min(group, largestBlock);
  const blocks = Math.ceil(k / block);
  const byBlock = <T extends TensorData | Uint8Array>(byGroup: T, all: T): T => {
    for (let at = 0; at < all.length; at++) {
      const [row, place] = [Math.floor(at / blocks), Math.floor(((at % blocks) * block) / group)];
      all[at] = byGroup[row * groups + place]!;
    }
    return all;
  };
  const operands = [
    rows,
    emitter.bytes(rowBytes(packed, n, words, blocks * block), [n, blocks, block]),
    emitter.tensor(byBlock(scales!, new Float32Array(n * blocks)), [n, blocks]),
    ...(zeros
      ? [
          emitter.bytes(byBlock(rowBytes(zeros, n, zeroWords, groups), new Uint8Array(n * blocks)), [
            n,
            blocks,
          ]),
        ]
      : []),
  ];
  const settings = { K: { int: k }, N: { int: n }, bits: { int: 8 }, block_size: { int: block } };
  return emitter.emit('MatMulNBits', operands, settings, 'com.microsoft');
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
function wholeProduct(
  emitter: OnnxEmitter,
  rows: string,
  { m, n, k }: MatmulQuantizedShape,
  { bytes, scales, zeroPoints }: NonNullable<ReturnType<typeof signedBytesOf>>,
): string {
  const largest = emitter.emit('ReduceMax', [emitter.emit('Abs', [rows]), emitter.int64s([1])], {
    keepdims: { int: 0 },
  });
  // A row of zeros stays one. Divided, not multiplied by 1/127: 127 must have the step 1.
  const steps = emitter.emit('Div', [
    emitter.emit('Max', [largest, emitter.float(1e-30)]),
    emitter.float(127),
  ]);
  // The kernels want unsigned rows and signed columns.
  const middles = emitter.bytes(new Uint8Array(m).fill(128), [m]);
  const quantized = emitter.emit('QuantizeLinear', [rows, steps, middles], { axis: { int: 0 } });
  const operands = [
    quantized,
    emitter.signedBytes(bytes, [k, n]),
    emitter.float(1),
    emitter.tensor(scales, [n]),
    emitter.bytes(Uint8Array.of(128), []),
    ...(zeroPoints ? [emitter.signedBytes(zeroPoints, [n])] : []),
  ];
  const product = emitter.emit('MatMulIntegerToFloat', operands, {}, 'com.microsoft');
  return emitter.emit('Mul', [product, emitter.reshape(steps, [m, 1])]);
}

/** Rows rounded to signed bytes and back: the numbers that the whole-number product computes with. */
function roundedRows(emitter: OnnxEmitter, rows: string): string {
  const largest = emitter.emit('ReduceMax', [emitter.emit('Abs', [rows]), emitter.int64s([1])], {
    keepdims: { int: 1 },
  });
  // A row of zeros stays one.
  const guarded = emitter.emit('Max', [largest, emitter.float(1e-30)]);
  const factor = emitter.emit('Div', [emitter.float(127), guarded]);
  const bytes = emitter.emit('Round', [emitter.emit('Mul', [rows, factor])]);
  return emitter.emit('Mul', [bytes, emitter.emit('Div', [guarded, emitter.float(127)])]);
}

/** (rows, words) u32 -> (rows, columns) whole numbers as i32. */
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
