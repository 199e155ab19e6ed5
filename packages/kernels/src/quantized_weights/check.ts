import { SnowglobeError } from '@snowglobe/graph';
import { formatShape } from '@snowglobe/graph/internal';
import { wordsOf } from '../ops/matmul_quantized/pack.js';
import type { QuantizedMatrix, WeightFormat } from './format.js';

const isPowerOfTwo = (value: number): boolean =>
  Number.isInteger(value) && Number.isInteger(Math.log2(value));

/** Groups of a column of `depth` weights. */
export const groupsOf = (depth: number, { group }: WeightFormat): number => Math.ceil(depth / group);

/**
 * Checks a format for a matrix of `depth` inputs.
 * @param what the matrix in words, for messages: its variable's name
 * @throws SnowglobeError naming the field
 */
export function checkWeightFormat(format: WeightFormat, depth: number, what: string): void {
  const { bits, group, zeroPoints, codebook, rotation } = format;
  const refuse = (why: string, remedy: string): never => {
    throw new SnowglobeError(`${what}: ${why}; ${remedy}.`);
  };
  if (![2, 4, 8].includes(bits)) refuse(`weights of ${bits} bits`, 'use 2, 4 or 8');
  if (!(group >= 16 && isPowerOfTwo(group))) {
    refuse(`a group of ${group} weights is no power of two from 16`, 'use 32, 64 or 128');
  }
  if (group >= 2 * Math.max(16, depth)) {
    refuse(
      `a group of ${group} is larger than its ${depth} inputs`,
      'use the power of two that holds them, or less',
    );
  }
  if (codebook) {
    if (codebook.length !== 2 ** bits) {
      refuse(`a codebook of ${codebook.length} values for ${bits} bits`, `give it ${2 ** bits}`);
    }
    if (!codebook.every(Number.isFinite)) refuse('its codebook is not finite', 'give it finite numbers');
    if (zeroPoints) refuse('it has a codebook and zero points', 'leave one out');
  }
  if (rotation !== undefined && !(rotation >= 2 && isPowerOfTwo(rotation) && depth % rotation === 0)) {
    refuse(
      `a rotation of ${rotation} does not divide its ${depth} inputs`,
      `use a power of two that does, or none`,
    );
  }
}

/**
 * Checks that a matrix is whole: its format, the sizes of its parts, and that every number in it is finite.
 * @param what the matrix in words, for messages: its variable's name
 * @throws SnowglobeError naming the part
 */
export function checkQuantizedMatrix(matrix: QuantizedMatrix, what = 'quantized matrix'): void {
  const { format, shape, packed, scales, zeroPoints, smooth } = matrix;
  const [k, n] = shape;
  if (shape.length !== 2 || !shape.every((size) => Number.isSafeInteger(size) && size > 0)) {
    throw new SnowglobeError(`${what}: shape ${formatShape(shape)} is no matrix; give it (inputs, outputs).`);
  }
  checkWeightFormat(format, k, what);
  const groups = groupsOf(k, format);
  const expect = (part: string, data: ArrayLike<number> | undefined, wanted: number | undefined): void => {
    if (data?.length === wanted) return;
    const found = data ? `${data.length} numbers` : 'missing';
    throw new SnowglobeError(
      `${what}: its ${part} are ${found} where ${formatShape(shape)} in ${format.bits} bits and groups of ${format.group} has ${wanted ?? 'none'}; quantize it again.`,
    );
  };
  const finite = (part: string, data: Float32Array): void => {
    const wrong = data.findIndex((value) => !Number.isFinite(value));
    if (wrong < 0) return;
    throw new SnowglobeError(
      `${what}: its ${part} have the value ${data[wrong]} at index ${wrong}; every one must be a finite number.`,
    );
  };
  expect('packed weights', packed, n * wordsOf(groups * format.group, format.bits));
  expect('scales', scales, n * groups);
  expect('zero points', zeroPoints, format.zeroPoints ? n * wordsOf(groups, format.bits) : undefined);
  expect('smoothing factors', smooth, format.smooth ? k : undefined);
  finite('scales', scales);
  if (smooth) finite('smoothing factors', smooth);
}
