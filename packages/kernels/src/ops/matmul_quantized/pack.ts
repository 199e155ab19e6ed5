import { SnowglobeError } from '@snowglobe/graph';

/** Bits of a weight: a divisor of 32, so that no value is split between words. */
export type WeightBits = 2 | 4 | 8;

/** Words of 32 bits that `count` values take; a row begins with a word of its own. */
export const wordsOf = (count: number, bits: WeightBits): number => Math.ceil((count * bits) / 32);

/**
 * Packs rows of unsigned values, the first one in the lowest bits: in memory, which is little-endian, the order of bytes and
 * nibbles that ONNX Runtime's MatMulNBits has.
 *
 * @param values (rows, columns), each in 0 … 2^bits - 1
 * @returns (rows, words) with zeros after the last column
 * @throws SnowglobeError for a value that does not fit
 */
export function packRows(
  values: ArrayLike<number>,
  rows: number,
  columns: number,
  bits: WeightBits,
): Uint32Array {
  const words = wordsOf(columns, bits);
  const perWord = 32 / bits;
  const packed = new Uint32Array(rows * words);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const value = values[row * columns + column]!;
      if (!Number.isInteger(value) || value < 0 || value >= 2 ** bits) {
        throw new SnowglobeError(
          `pack: value ${value} at row ${row}, column ${column} is no integer from 0 to ${2 ** bits - 1}; quantize it first.`,
        );
      }
      const word = row * words + Math.floor(column / perWord);
      packed[word]! |= value << ((column % perWord) * bits);
    }
  }
  return packed;
}

/** One value of a packed row. */
export function unpackValue(
  packed: ArrayLike<number>,
  row: number,
  words: number,
  column: number,
  bits: WeightBits,
): number {
  const perWord = 32 / bits;
  return (
    (packed[row * words + Math.floor(column / perWord)]! >>> ((column % perWord) * bits)) & (2 ** bits - 1)
  );
}
