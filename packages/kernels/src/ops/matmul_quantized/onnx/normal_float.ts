import type { TensorData } from '@snowglobe/graph';
import type { MatmulQuantizedAttributes, MatmulQuantizedShape } from '../matmul_quantized.js';

/** The codebook of NF4, as its authors' code has it (QLoRA, appendix E, https://arxiv.org/abs/2305.14314). */
export const normalFloat4: readonly number[] = [
  -1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635,
  -0.18477343022823334, -0.09105003625154495, 0, 0.07958029955625534, 0.16093020141124725,
  0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1,
];

/**
 * Packed weights as `MatMulBnb4` wants them (the first of two in the high nibble), if the codebook is that of NF4 and every row
 * is whole groups.
 */
export function normalFloat4Bytes(
  packed: TensorData,
  { n, k, words }: MatmulQuantizedShape,
  { bits, group, codebook }: Pick<MatmulQuantizedAttributes, 'bits' | 'group' | 'codebook'>,
): Uint8Array | undefined {
  const isNormalFloat =
    bits === 4 &&
    codebook.length === 16 &&
    normalFloat4.every((value, i) => Math.abs(value - codebook[i]!) < 1e-7);
  if (!isNormalFloat || k % group !== 0) return undefined;
  const bytes = new Uint8Array(packed.buffer, packed.byteOffset, packed.byteLength);
  const result = new Uint8Array((n * k) / 2);
  for (let row = 0; row < n; row++) {
    for (let i = 0; i < k / 2; i++) {
      const byte = bytes[row * words * 4 + i]!;
      result[(row * k) / 2 + i] = ((byte & 15) << 4) | (byte >> 4);
    }
  }
  return result;
}
