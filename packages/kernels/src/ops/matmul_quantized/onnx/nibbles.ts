import type { TensorData } from '@snowglobe/graph';
import type { MatmulQuantizedAttributes, MatmulQuantizedShape } from '../matmul_quantized.js';
import { middle } from '../matmul_quantized.js';
import { unpackValue } from '../pack.js';

/**
 * ONNX Runtime's CPU kernels multiply full-precision activations with nibbles as they are packed, and with nothing else: weights
 * of two or eight bits are dequantized as a whole at every run, ten times as slow. So every format becomes nibbles: a weight is
 * the sum of its digits, the depth of the matmul being as many times as long, and a digit's place value part of its scale.
 */
export interface NibbleDecomposition {
  /** Digits a weight. */
  readonly count: number;
  /** Successive weights that share a scale, at most the format's. */
  readonly block: number;
  /** Blocks of one digit, the last one padded. */
  readonly blocks: number;
  /** (N, count · blocks, block / 2) */
  readonly digits: Uint8Array;
  /** (N, count · blocks) */
  readonly scales: Float32Array;
  /** (N, bytes of count · blocks nibbles); absent where all are the middle, 8. */
  readonly zeroPoints: Uint8Array | undefined;
}

/** Weights by their integers, and what one step of them is worth. */
interface Digits {
  readonly count: number;
  readonly unit: number;
  /** The digits of each of 2^bits values, the highest first. */
  readonly ofValue: readonly (readonly number[])[];
  /** Zero points of the digits; absent where the weights' own zero points are split alike. */
  readonly zeros?: readonly number[];
}

const nibbles = (value: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => (value >> (4 * (count - 1 - i))) & 15);

/** The integers that a codebook is multiples of a unit by, if they fit in a signed byte. */
export function integerCodebook(
  codebook: readonly number[],
): { readonly unit: number; readonly values: readonly number[] } | undefined {
  const magnitudes = codebook.map(Math.abs).filter((value) => value > 0);
  const unit = magnitudes.length > 0 ? Math.min(...magnitudes) : 1;
  const values = codebook.map((value) => Math.round(value / unit));
  const whole = values.every(
    (value, i) => Math.abs(value * unit - codebook[i]!) <= 1e-7 * Math.abs(codebook[i]!),
  );
  return whole && values.every((value) => value >= -128 && value <= 127) ? { unit, values } : undefined;
}

function digitsOf(bits: MatmulQuantizedAttributes['bits'], codebook: readonly number[]): Digits {
  if (codebook.length === 0) {
    const count = bits === 8 ? 2 : 1;
    return { count, unit: 1, ofValue: Array.from({ length: 2 ** bits }, (_, q) => nibbles(q, count)) };
  }
  const whole = integerCodebook(codebook);
  if (whole) {
    const count = whole.values.every((value) => value >= -8 && value <= 7) ? 1 : 2;
    const offset = 2 ** (4 * count - 1);
    const ofValue = whole.values.map((value) => nibbles(value + offset, count));
    return { count, unit: whole.unit, ofValue, zeros: nibbles(offset, count) };
  }
  // Any other number to sixteen bits of the largest.
  const unit = Math.max(...codebook.map(Math.abs)) / 32767;
  const ofValue = codebook.map((value) => nibbles(Math.round(value / unit) + 32768, 4));
  return { count: 4, unit, ofValue, zeros: nibbles(32768, 4) };
}

/** The block that takes least memory: small ones pad less, large ones have fewer scales. ONNX Runtime's kernels end at 256. */
function blockOf(depth: number, group: number, count: number): number {
  let best = 16;
  let least = Infinity;
  for (let block = 16; block <= Math.min(group, 256); block *= 2) {
    const blocks = Math.ceil(depth / block);
    const bytes = count * blocks * (block / 2 + 4.5);
    if (bytes <= least) [best, least] = [block, bytes];
  }
  return best;
}

export function decomposeIntoNibbles(
  packed: TensorData,
  scales: TensorData,
  zeros: TensorData | undefined,
  { n, k, groups, words, zeroWords }: MatmulQuantizedShape,
  { bits, group, codebook }: Pick<MatmulQuantizedAttributes, 'bits' | 'group' | 'codebook'>,
): NibbleDecomposition {
  const { count, unit, ofValue, zeros: digitZeros } = digitsOf(bits, codebook);
  const block = blockOf(k, group, count);
  const blocks = Math.ceil(k / block);
  const all = count * blocks;
  const zeroBytes = Math.ceil(all / 2);
  const digits = new Uint8Array((n * all * block) / 2);
  const scaled = new Float32Array(n * all);
  const zeroPoints = new Uint8Array(n * zeroBytes);
  const ownMiddle = nibbles(bits === 2 ? middle(2) : middle(bits === 8 ? 8 : 4), count);
  for (let column = 0; column < n; column++) {
    for (let i = 0; i < k; i++) {
      const value = ofValue[unpackValue(packed, column, words, i, bits)]!;
      for (let digit = 0; digit < count; digit++) {
        const at = (column * all + digit * blocks) * block + i;
        digits[at >> 1]! |= value[digit]! << (4 * (at & 1));
      }
    }
    for (let at = 0; at < blocks; at++) {
      const own = Math.floor((at * block) / group);
      const zero = zeros
        ? nibbles(unpackValue(zeros, column, zeroWords, own, bits), count)
        : (digitZeros ?? ownMiddle);
      for (let digit = 0; digit < count; digit++) {
        const to = digit * blocks + at;
        scaled[column * all + to] = scales[column * groups + own]! * unit * 16 ** (count - 1 - digit);
        zeroPoints[column * zeroBytes + (to >> 1)]! |= zero[digit]! << (4 * (to & 1));
      }
    }
  }
  const plain = count === 1 && !zeros && (digitZeros ?? ownMiddle)[0] === 8;
  return { count, block, blocks, digits, scales: scaled, zeroPoints: plain ? undefined : zeroPoints };
}
