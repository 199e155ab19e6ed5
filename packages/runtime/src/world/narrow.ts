import { dtypeOf } from '@snowglobe/graph/internal';
import type { FileTensor } from '@snowglobe/model';
import { bytesOfPixels, fileTypes, pixelsOf } from '@snowglobe/model/internal';
import type { StateValues } from './state.js';

/**
 * Values as they are stored, whole in as few bytes as they take: small integers, as codes that a map remembers are, in one byte or two, low ones first (n, 2);
 * pictures whose colours are bytes as these (n, 3).
 */
export function narrowed(data: StateValues): FileTensor {
  const { length } = data;
  if (data instanceof Float32Array && length % 3 === 0 && data.every(isByteColour)) {
    return { dtype: 'U8', shape: [length / 3, 3], data: bytesOfPixels(data) };
  }
  const most = data instanceof Int32Array ? limitOf(data) : Infinity;
  if (most <= 0xff) return { dtype: 'U8', shape: [length], data: Uint8Array.from(data) };
  if (most > 0xffff) return { dtype: fileTypes[dtypeOf(data)], shape: [length], data } as FileTensor;
  const halves = Uint8Array.from({ length: 2 * length }, (_, i) => data[i >> 1]! >> (8 * (i & 1)));
  return { dtype: 'U8', shape: [length, 2], data: halves };
}

/** What was narrowed, bit for bit. */
export function widened({ dtype, shape, data }: FileTensor): StateValues {
  if (dtype !== 'U8') return data as StateValues;
  const [length, bytes = 1] = shape as [number, number?];
  if (bytes === 3) return pixelsOf(data);
  return Int32Array.from({ length }, (_, i) =>
    bytes === 2 ? data[2 * i]! | (data[2 * i + 1]! << 8) : data[i]!,
  );
}

const byteColours = new Set(pixelsOf(Array.from({ length: 256 }, (_, byte) => byte)));
const isByteColour = (value: number): boolean => byteColours.has(value);

/** The largest of them; infinite where one is negative. */
const limitOf = (values: Int32Array): number =>
  values.reduce((most, value) => (value < 0 ? Infinity : Math.max(most, value)), 0);
