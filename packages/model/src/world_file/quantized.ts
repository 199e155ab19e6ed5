/**
 * Worlds with weights in few bits, laid out as compressed-tensors does in its `pack-quantized` format
 * (https://github.com/vllm-project/compressed-tensors): in place of NAME stand
 *
 * - `NAME_packed` I32 (N, words): rows of W^T, the first value in the lowest bits, a row ending with the last word that holds a
 *   value. Values are offset binary, q = weight / scale + 2^(bits - 1), as there;
 * - `NAME_scale` F16, or F32 where a scale is no half float, (N, groups);
 * - `NAME_zero_point` I32 (words, groups), packed along N, offset binary: of formats with zero points;
 * - `NAME_shape` I64 (2): N and K;
 * - `NAME_smooth` F16 or F32 (K), which compressed-tensors does not have.
 *
 * Where the scheme exists there (integers of 4 or 8 bits), its readers find what they expect, a filter (k, k, C, N) being
 * the matrix (k · k · C, N) of its taps. Two bits and codebooks are packed alike.
 */
import { SnowglobeError } from '@snowglobe/graph';
import { formatShape, quote, sameShape, transposed } from '@snowglobe/graph/internal';
import type { QuantizedMatrix, WeightFormat } from '@snowglobe/kernels';
import {
  checkQuantizedMatrix,
  packRows,
  roundToHalf,
  unpackValue,
  wordsOf,
} from '@snowglobe/kernels/internal';
import { bytesOfExactPixels } from './exact_pixels.js';
import { describable } from './fields.js';
import type { WorldMetadata } from './metadata.js';
import type { WorldQuantization } from './quantization.js';
import type { FileTensor } from './safetensors.js';
import type { WorldContents } from './contents.js';

/** Endings of the tensors that stand for a weight. */
const endings = {
  packed: '_packed',
  scale: '_scale',
  zeroPoint: '_zero_point',
  shape: '_shape',
  smooth: '_smooth',
} as const;

/** What a quantized world says about how it was made, see `WorldQuantization`. */
export type QuantizationAbout = Omit<WorldQuantization, 'formats' | 'weights'>;

export interface QuantizedWorldOptions {
  /**
   * How the floating-point tensors that remain are stored; default as they were. F16 rounds them; those that it would lose
   * stay F32, see `fitsHalf`. Pixels stay what they are, see `bytesOfExactPixels`.
   */
  readonly floats?: 'F16';
  /** Names of those among the matrices that are tables (N, K), see `QuantizedWeight`. */
  readonly tables?: ReadonlySet<string>;
}

/** Names of files and worlds come to stand among them. */
const describableValues = (values: NonNullable<WorldQuantization['provenance']>): typeof values =>
  Object.fromEntries(
    Object.entries(values).map(([each, value]) => [
      each,
      typeof value === 'string' ? describable(value) : value,
    ]),
  );

/** @throws SnowglobeError when a world holds weights in few bits already */
export function checkNotQuantized(
  { quantization }: Pick<WorldMetadata, 'quantization'>,
  source: string,
): void {
  if (!quantization) return;
  throw new SnowglobeError(
    `${source}: is quantized already (${quantization.scheme}); quantize the world in full precision that it was made from.`,
  );
}

/**
 * A world with some of its weights in few bits.
 * @param matrices by the weight's name
 * @throws SnowglobeError for a world that is quantized already, and for a matrix that does not fit its weight
 */
export function quantizeWorldFile<F extends WorldContents>(
  file: F,
  matrices: ReadonlyMap<string, QuantizedMatrix>,
  about: QuantizationAbout,
  { floats, tables = new Set() }: QuantizedWorldOptions = {},
): F {
  const { metadata, tensors } = file;
  checkNotQuantized(metadata, 'quantize');
  const written = new Map<string, FileTensor>();
  for (const [name, tensor] of tensors) {
    if (matrices.has(name)) continue;
    written.set(name, floats ? asHalves(tensor) : tensor);
  }
  const formats: WeightFormat[] = [];
  const keys = new Map<string, number>();
  const weights: Record<string, WorldQuantization['weights'][string]> = {};
  for (const [name, matrix] of matrices) {
    const weight = tensors.get(name);
    const [k, n] = matrix.shape;
    const isTable = tables.has(name);
    if (!weight || weight.shape.at(-1) !== (isTable ? k : n) || weight.data.length !== k * n) {
      const found = weight ? formatShape(weight.shape) : 'nothing';
      throw new SnowglobeError(
        `quantize: a matrix ${formatShape(matrix.shape)} does not stand for ${quote(name)}, which is ${found}; give one of its size.`,
      );
    }
    checkQuantizedMatrix(matrix, `quantize: ${quote(name)}`);
    const format = inOrder(matrix.format);
    const key = JSON.stringify(format);
    if (!keys.has(key)) keys.set(key, formats.push(format) - 1);
    weights[name] = { format: keys.get(key)!, shape: [k, n], ...(isTable && { table: true }) };
    for (const [ending, tensor] of tensorsOf(matrix)) written.set(name + ending, tensor);
  }
  const { scheme, kvCache, provenance } = about;
  const quantization: WorldQuantization = {
    ...{ scheme, formats, weights },
    ...(kvCache && { kvCache }),
    ...(provenance && { provenance: describableValues(provenance) }),
  };
  return { ...file, metadata: { ...metadata, quantization }, tensors: written };
}

/** The same format in one order of fields, so that equal ones are written alike. */
function inOrder(format: WeightFormat): WeightFormat {
  const { bits, group, zeroPoints, codebook, activationBits, rotation, smooth } = format;
  return {
    ...{ bits, group, zeroPoints },
    ...(codebook && { codebook }),
    ...(activationBits && { activationBits }),
    ...(rotation && { rotation }),
    ...(smooth && { smooth }),
  };
}

/**
 * Whether half floats hold every output (the last axis) of a tensor, or all of a vector, to ten bits of its largest value: none
 * overflows, and none is so small that it would be rounded to nothing.
 */
function fitsHalf({ shape, data }: Pick<FileTensor & { dtype: 'F32' }, 'shape' | 'data'>): boolean {
  const outputs = shape.length > 1 ? shape.at(-1)! : 1;
  const largest = new Float64Array(outputs);
  data.forEach((value, i) => {
    largest[i % outputs] = Math.max(largest[i % outputs]!, Math.abs(value));
  });
  return largest.every((value) => value === 0 || (value >= 2 ** -15 && value < 65_520));
}

/** A tensor rounded to half floats, where those hold it, see `fitsHalf`; pixels stay what they are. */
export function asHalves(tensor: FileTensor): FileTensor {
  if (tensor.dtype !== 'F32' || !fitsHalf(tensor) || bytesOfExactPixels(tensor.data)) return tensor;
  return { ...tensor, dtype: 'F16', data: tensor.data.map(roundToHalf) };
}

/** Half floats where they lose nothing. */
export const narrowestFloat = (data: Float32Array): 'F16' | 'F32' =>
  data.every((value) => roundToHalf(value) === value) ? 'F16' : 'F32';

function tensorsOf({
  format,
  shape,
  packed,
  scales,
  zeroPoints,
  smooth,
}: QuantizedMatrix): [string, FileTensor][] {
  const { bits } = format;
  const [k, n] = shape;
  const groups = scales.length / n;
  const words = wordsOf(k, bits);
  const padded = packed.length / n;
  const rows = new Int32Array(n * words);
  for (let row = 0; row < n; row++) {
    rows.set(packed.subarray(row * padded, row * padded + words), row * words);
  }
  return [
    [endings.packed, { dtype: 'I32', shape: [n, words], data: rows }],
    [endings.scale, { dtype: narrowestFloat(scales), shape: [n, groups], data: scales }],
    [endings.shape, { dtype: 'I64', shape: [2], data: BigInt64Array.of(BigInt(n), BigInt(k)) }],
    ...(zeroPoints
      ? [[endings.zeroPoint, zeroPointTensor(zeroPoints, n, groups, bits)] as [string, FileTensor]]
      : []),
    ...(smooth
      ? [
          [endings.smooth, { dtype: narrowestFloat(smooth), shape: [k], data: smooth }] as [
            string,
            FileTensor,
          ],
        ]
      : []),
  ];
}

/** (N, groups) packed along groups -> packed along N. */
function zeroPointTensor(
  zeroPoints: Uint32Array,
  n: number,
  groups: number,
  bits: WeightFormat['bits'],
): FileTensor {
  const words = wordsOf(n, bits);
  const perRow = wordsOf(groups, bits);
  const byGroup = Array.from({ length: groups * n }, (_, i) =>
    unpackValue(zeroPoints, i % n, perRow, Math.floor(i / n), bits),
  );
  return {
    dtype: 'I32',
    shape: [words, groups],
    data: transposed(Int32Array.from(packRows(byGroup, groups, n, bits)), groups, words),
  };
}

/**
 * The weights in few bits of a world, tables included, by name; none of a world in full precision.
 * @param source the file in words, for messages
 * @throws SnowglobeError naming the tensor that is missing, of a wrong type or shape, or left over
 */
export function readQuantizedMatrices(
  { metadata, tensors }: WorldContents,
  source: string,
): ReadonlyMap<string, QuantizedMatrix> {
  const matrices = new Map<string, QuantizedMatrix>();
  const { formats, weights } = metadata.quantization ?? { formats: [], weights: {} };
  for (const [name, { format: index, shape }] of Object.entries(weights)) {
    if (tensors.has(name)) {
      throw new SnowglobeError(
        `${source}: has the weight ${quote(name)} in few bits and as floats; make the world again.`,
      );
    }
    matrices.set(name, readMatrix(tensors, name, formats[index]!, shape, source));
  }
  return matrices;
}

function readMatrix(
  tensors: ReadonlyMap<string, FileTensor>,
  name: string,
  format: WeightFormat,
  shape: readonly [number, number],
  source: string,
): QuantizedMatrix {
  const { bits, group } = format;
  const [k, n] = shape;
  const groups = Math.ceil(k / group);
  const words = wordsOf(k, bits);
  const refuse = (part: string, wanted: string, found: FileTensor | undefined): never => {
    const is = found ? `${found.dtype} ${formatShape(found.shape)}` : 'nothing';
    throw new SnowglobeError(
      `${source}: needs ${quote(name + part)} as ${wanted} and has ${is}; make the world again.`,
    );
  };
  const whole = (part: string, wanted: readonly number[]): Int32Array => {
    const tensor = tensors.get(name + part);
    if (tensor?.dtype === 'I32' && sameShape(tensor.shape, wanted)) return tensor.data;
    return refuse(part, `I32 ${formatShape(wanted)}`, tensor);
  };
  const floats = (part: string, wanted: readonly number[]): Float32Array => {
    const tensor = tensors.get(name + part);
    const isFloat = tensor?.dtype === 'F16' || tensor?.dtype === 'F32';
    if (isFloat && sameShape(tensor.shape, wanted)) return tensor.data;
    return refuse(part, `floats ${formatShape(wanted)}`, tensor);
  };
  const stated = tensors.get(name + endings.shape);
  const isStated = stated?.dtype === 'I64' && stated.data.length === 2;
  if (!isStated || stated.data[0] !== BigInt(n) || stated.data[1] !== BigInt(k)) {
    refuse(endings.shape, `I64 (2) of ${n} and ${k}`, stated);
  }
  const rows = whole(endings.packed, [n, words]);
  const padded = wordsOf(groups * group, bits);
  const packed = new Uint32Array(n * padded);
  for (let row = 0; row < n; row++) packed.set(rows.subarray(row * words, (row + 1) * words), row * padded);
  const zeroWords = wordsOf(n, bits);
  const zeros = format.zeroPoints ? whole(endings.zeroPoint, [zeroWords, groups]) : undefined;
  const matrix: QuantizedMatrix = {
    format,
    shape: [k, n],
    packed,
    scales: floats(endings.scale, [n, groups]),
    ...(zeros && { zeroPoints: readZeroPoints(zeros, n, groups, bits) }),
    ...(format.smooth && { smooth: floats(endings.smooth, [k]) }),
  };
  checkQuantizedMatrix(matrix, `${source}: ${quote(name)}`);
  return matrix;
}

function readZeroPoints(
  data: Int32Array,
  n: number,
  groups: number,
  bits: WeightFormat['bits'],
): Uint32Array {
  const words = wordsOf(n, bits);
  const byGroup = Uint32Array.from(transposed(data, words, groups));
  const values = Array.from({ length: n * groups }, (_, i) =>
    unpackValue(byGroup, i % groups, words, Math.floor(i / groups), bits),
  );
  return packRows(values, n, groups, bits);
}

/** Numbers in a world's weights, those in few bits included. */
export function countParameters(
  { quantization }: Pick<WorldMetadata, 'quantization'>,
  tensors: ReadonlyMap<string, Pick<FileTensor, 'dtype' | 'shape'>>,
): number {
  const weights = Object.entries(quantization?.weights ?? {});
  const parts = new Set(weights.flatMap(([name]) => Object.values(endings).map((ending) => name + ending)));
  let count = weights.reduce((sum, [, { shape }]) => sum + shape[0] * shape[1], 0);
  for (const [name, { dtype, shape }] of tensors) {
    if ((dtype === 'F32' || dtype === 'F16' || dtype === 'U8') && !parts.has(name)) {
      count += shape.reduce((product, size) => product * size, 1);
    }
  }
  return count;
}
