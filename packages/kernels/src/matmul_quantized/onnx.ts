import type { TensorData } from '@snowglobe/graph';
import type { OnnxContext } from '../kernel.js';
import type { OnnxEmitter } from '../onnx/emitter.js';
import type { MatmulQuantizedAttributes, MatmulQuantizedShape } from './matmul_quantized.js';
import { matmulQuantizedShape, middle } from './matmul_quantized.js';
import type { WeightBits } from './pack.js';

const float = 1;

/**
 * The contrib op `MatMulNBits` for constant weights, whose bytes are ours as they are; weights that change are unpacked by
 * ordinary nodes.
 */
export function matmulQuantizedOnnx({
  emitter,
  inputs,
  outputs,
  attributes,
  inputNames,
  inputData,
}: OnnxContext<MatmulQuantizedAttributes>): readonly string[] {
  const shape = matmulQuantizedShape(inputs, attributes);
  const { bits, group, hasZeroPoints, activationBits } = attributes;
  const [a, packedName, scalesName] = inputNames as [string, string, string];
  const zerosName = hasZeroPoints ? inputNames[3] : undefined;
  const bias = inputNames[hasZeroPoints ? 4 : 3];
  const whole = emitter.reshape(a, [shape.m, shape.k]);
  const rows = activationBits === 8 ? roundedRows(emitter, whole) : whole;
  const packed = inputData[1];
  const zeros = hasZeroPoints ? inputData[3] : undefined;
  let product: string;
  if (packed && (!hasZeroPoints || zeros)) {
    const { n, k, groups, words, zeroWords } = shape;
    const blob = (group * bits) / 8;
    const operands = [
      rows,
      emitter.bytes(rowBytes(packed, n, words, groups * blob), [n, groups, blob]),
      scalesName,
    ];
    const zeroBytes = Math.ceil((groups * bits) / 8);
    if (zeros) operands.push(emitter.bytes(rowBytes(zeros, n, zeroWords, zeroBytes), [n, zeroBytes]));
    const settings = { K: { int: k }, N: { int: n }, bits: { int: bits }, block_size: { int: group } };
    product = emitter.emit('MatMulNBits', operands, settings, 'com.microsoft');
    if (bias) product = emitter.emit('Add', [product, bias]);
  } else {
    const weights = unpacked(emitter, packedName, scalesName, zerosName, shape, attributes);
    product = emitter.emit('Gemm', bias ? [rows, weights, bias] : [rows, weights], { transB: { int: 1 } });
  }
  return [emitter.reshape(product, outputs[0]!.shape)];
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

/** The first `wanted` bytes of each row of words. */
function rowBytes(data: TensorData, rows: number, words: number, wanted: number): Uint8Array {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const result = new Uint8Array(rows * wanted);
  for (let row = 0; row < rows; row++) {
    result.set(bytes.subarray(row * words * 4, row * words * 4 + wanted), row * wanted);
  }
  return result;
}

/** (rows, words) u32 -> (rows, columns) float. */
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
  const whole = emitter.cast(emitter.emit('BitwiseAnd', [shifted, mask]), float);
  return emitter.slice(emitter.reshape(whole, [rows, words * perWord]), [1], [0], [columns]);
}

/** The weights as (N, K) float. */
function unpacked(
  emitter: OnnxEmitter,
  packed: string,
  scales: string,
  zeros: string | undefined,
  { n, k, groups, words, zeroWords }: MatmulQuantizedShape,
  { bits, group }: MatmulQuantizedAttributes,
): string {
  const whole = emitter.reshape(values(emitter, packed, n, words, groups * group, bits), [n, groups, group]);
  const zero = zeros
    ? emitter.reshape(values(emitter, zeros, n, zeroWords, groups, bits), [n, groups, 1])
    : emitter.float(middle(bits));
  const scaled = emitter.emit('Mul', [
    emitter.emit('Sub', [whole, zero]),
    emitter.reshape(scales, [n, groups, 1]),
  ]);
  return emitter.slice(emitter.reshape(scaled, [n, groups * group]), [1], [0], [k]);
}
