/** What stands in the chunks of a PNG, checked before anything is decoded. */
import { SnowglobeError } from '@snowglobe/graph';
import { Unzlib } from 'fflate';
import { checkSize } from './image.js';
import { joined } from './jpeg_header.js';
import { exifOrientation } from './orientation.js';

export interface PngChunks {
  /** The file with header and data alone: text, colour profiles and animation are not read at all. */
  readonly essence: Uint8Array;
  /** Of indexed colour: bytes of red, green and blue. In other colour types it is a suggestion (PNG, 11.2.2). */
  readonly palette?: Uint8Array;
  /** Of indexed colour the alpha of its first entries, else the sample or the three samples that are see-through. */
  readonly transparency?: readonly number[];
  /** The Exif tag, 1 to 8. */
  readonly orientation: number;
}

export const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Bytes of compressed data that are inflated at once while their size is counted. */
const SLICE = 1 << 14;
const [GREY, TRUECOLOUR, INDEXED] = [0, 2, 3];

/**
 * Walks over the chunks; the size of the data is checked before anything is inflated for good.
 * @param name what is being read, for messages
 * @throws SnowglobeError for files that are damaged, too large, or that inflate to more than their size says
 */
export function readPngChunks(bytes: Uint8Array, name: string, maxPixels?: number): PngChunks {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kept: Uint8Array[] = [bytes.subarray(0, SIGNATURE.length)];
  let header: Uint8Array | undefined;
  let expected = 0;
  let inflated = 0;
  let hasData = false;
  let palette: Uint8Array | undefined;
  let transparency: readonly number[] | undefined;
  let orientation: number | undefined;
  const inflator = new Unzlib((part) => {
    inflated += part.length;
  });
  let at = SIGNATURE.length;
  let type = '';
  while (type !== 'IEND') {
    if (at + 12 > bytes.length || at + 12 + view.getUint32(at) > bytes.length) throw damagedPng(name);
    const length = view.getUint32(at);
    const whole = bytes.subarray(at, at + 12 + length);
    const data = bytes.subarray(at + 8, at + 8 + length);
    type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (!header) {
      if (type !== 'IHDR' || length !== 13) throw damagedPng(name);
      header = data;
      expected = dataBytes(data, name, maxPixels);
    } else if (type === 'IHDR') throw damagedPng(name);
    const colourType = header[9]!;
    if (type === 'IDAT') {
      hasData = true;
      for (let from = 0; from < length; from += SLICE) {
        try {
          inflator.push(data.subarray(from, from + SLICE));
        } catch (cause) {
          throw damagedPng(name, cause);
        }
        if (inflated > expected) {
          throw new SnowglobeError(
            `${name} holds more data than its size in pixels explains; save it anew as PNG`,
          );
        }
      }
    } else if (!hasData && type === 'PLTE' && colourType === INDEXED) {
      const isWhole = length > 0 && length <= 768 && length % 3 === 0 && isIntact(whole);
      if (palette || !isWhole) throw damagedPng(name);
      palette = data;
    } else if (!hasData && type === 'tRNS') {
      if (!isIntact(whole)) throw damagedPng(name);
      transparency ??= transparencyOf(data, header, palette);
    } else if (!hasData && type === 'eXIf' && isIntact(whole)) orientation ??= exifOrientation(data);
    if (type === 'IHDR' || type === 'IDAT' || type === 'IEND') kept.push(whole);
    at += 12 + length;
  }
  // The decoder would take missing rows for black ones.
  if (inflated !== expected || (header![9] === INDEXED && !palette)) throw damagedPng(name);
  return {
    essence: joined(kept),
    ...(palette && { palette }),
    ...(transparency && { transparency }),
    orientation: orientation ?? 1,
  };
}

/** What a tRNS chunk means, or undefined where it means nothing: with an alpha channel, and of a wrong length. */
function transparencyOf(
  data: Uint8Array,
  header: Uint8Array,
  palette: Uint8Array | undefined,
): readonly number[] | undefined {
  const colourType = header[9]!;
  if (colourType === INDEXED) return palette && [...data.subarray(0, palette.length / 3)];
  const samples = colourType === GREY ? 1 : colourType === TRUECOLOUR ? 3 : 0;
  if (samples === 0 || data.length !== 2 * samples) return undefined;
  // Browsers take the low byte where samples are bytes, and all of the number otherwise.
  const mask = header[8] === 8 ? 0xff : 0xffff;
  return Array.from({ length: samples }, (_, i) => ((data[2 * i]! << 8) | data[2 * i + 1]!) & mask);
}

/** The cyclic redundancy check of PNG (5.5), unsigned: bit by bit, for a few kilobytes. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

/** Whether a chunk, from its length on, has the CRC that it says. */
function isIntact(chunk: Uint8Array): boolean {
  const [a, b, c, d] = chunk.subarray(-4) as unknown as [number, number, number, number];
  return crc32(chunk.subarray(4, -4)) === ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
}

/** First column, first row, column step and row step of the passes of an interlaced picture (Adam7). */
const PASSES: readonly (readonly [number, number, number, number])[] = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
];
/** Samples of a pixel by colour type. */
const SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** Bytes of uncompressed data that a picture with this header has: every row, with one byte for its filter. */
function dataBytes(header: Uint8Array, name: string, maxPixels: number | undefined): number {
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const width = view.getUint32(0);
  const height = view.getUint32(4);
  checkSize(name, width, height, maxPixels);
  const depth = header[8]!;
  const samples = SAMPLES[header[9]!];
  const interlaced = header[12] === 1;
  if (samples === undefined) throw damagedPng(name);
  if (interlaced && depth < 8) {
    // The decoder reads these wrongly, without an error.
    throw new SnowglobeError(
      `${name} is an interlaced PNG of ${depth} bits, which is not supported; save it without interlacing`,
    );
  }
  let bytes = 0;
  for (const [left, top, stepX, stepY] of interlaced ? PASSES : [[0, 0, 1, 1] as const]) {
    const columns = Math.ceil((width - left) / stepX);
    const rows = Math.ceil((height - top) / stepY);
    if (columns > 0 && rows > 0) bytes += rows * (1 + Math.ceil((columns * samples * depth) / 8));
  }
  return bytes;
}

export function damagedPng(name: string, cause?: unknown): SnowglobeError {
  return new SnowglobeError(`${name} is a damaged or incomplete PNG; save it anew`, { cause });
}
