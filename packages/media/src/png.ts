import { SnowglobeError } from '@snowglobe/graph';
import { decode, encode, type DecodedPng } from 'fast-png';
import { Unzlib } from 'fflate';
import { checkSize, type Image } from './image.js';

/** The chunks that decide what is seen. Text, colour profiles and animation are not read at all. */
const WANTED = new Set(['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND']);
const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Bytes of compressed data that are inflated at once while their size is counted. */
const SLICE = 1 << 14;

export function isPng(bytes: Uint8Array): boolean {
  return SIGNATURE.every((byte, i) => bytes[i] === byte);
}

/**
 * Decodes a PNG of any colour type and depth into RGB or RGBA bytes; of an animated one, the first picture.
 * @param name what is being read, for messages
 * @throws SnowglobeError for files that are damaged, too large, or that inflate to more than their size says, and for
 *   interlaced ones of less than eight bits
 */
export function decodePng(bytes: Uint8Array, name: string): Image {
  const essence = essentialChunks(bytes, name);
  let png: DecodedPng;
  try {
    png = decode(essence, { checkCrc: true });
  } catch (cause) {
    throw damaged(name, cause);
  }
  return toBytes(png, name);
}

/** Encodes a picture as PNG. */
export function encodePng(image: Image): Uint8Array {
  const { width, height, channels, data } = image;
  return encode({ width, height, channels, data, depth: 8 });
}

/** The file without the chunks that are not wanted; its data's size is checked before anything is inflated for good. */
function essentialChunks(bytes: Uint8Array, name: string): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks: Uint8Array[] = [bytes.subarray(0, SIGNATURE.length)];
  let expected: number | undefined;
  let inflated = 0;
  const inflator = new Unzlib((part) => {
    inflated += part.length;
  });
  let at = SIGNATURE.length;
  let type = '';
  while (type !== 'IEND') {
    if (at + 12 > bytes.length || at + 12 + view.getUint32(at) > bytes.length) throw damaged(name);
    const length = view.getUint32(at);
    const data = bytes.subarray(at + 8, at + 8 + length);
    type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (expected === undefined) {
      if (type !== 'IHDR' || length !== 13) throw damaged(name);
      expected = dataBytes(data, name);
    }
    if (type === 'IDAT') {
      for (let from = 0; from < length; from += SLICE) {
        try {
          inflator.push(data.subarray(from, from + SLICE));
        } catch (cause) {
          throw damaged(name, cause);
        }
        if (inflated > expected) {
          throw new SnowglobeError(
            `${name} holds more data than its size in pixels explains; save it anew as PNG`,
          );
        }
      }
    }
    if (WANTED.has(type)) chunks.push(bytes.subarray(at, at + 12 + length));
    at += 12 + length;
  }
  // The decoder would take missing rows for black ones.
  if (inflated !== expected) throw damaged(name);
  const essence = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let to = 0;
  for (const chunk of chunks) {
    essence.set(chunk, to);
    to += chunk.length;
  }
  return essence;
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
function dataBytes(header: Uint8Array, name: string): number {
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const width = view.getUint32(0);
  const height = view.getUint32(4);
  checkSize(name, width, height);
  const depth = header[8]!;
  const samples = SAMPLES[header[9]!];
  const interlaced = header[12] === 1;
  if (samples === undefined) throw damaged(name);
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

function damaged(name: string, cause?: unknown): SnowglobeError {
  return new SnowglobeError(`${name} is a damaged or incomplete PNG; save it anew`, { cause });
}

/** Any colour type and depth as RGB or RGBA bytes. */
function toBytes(png: DecodedPng, name: string): Image {
  const { width, height } = png;
  const pixelAt = png.palette === undefined ? directColours(png) : paletteColours(png, png.palette, name);
  const channels = pixelAt.hasAlpha ? 4 : 3;
  const data = new Uint8Array(width * height * channels);
  const rgba: Rgba = [0, 0, 0, 255];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      pixelAt.read(x, y, rgba);
      for (let c = 0; c < channels; c++) data[(y * width + x) * channels + c] = rgba[c]!;
    }
  }
  return { width, height, channels, data };
}

type Rgba = [number, number, number, number];

/** Writes the colour of a pixel into `out`. */
interface PixelReader {
  readonly hasAlpha: boolean;
  read(x: number, y: number, out: Rgba): void;
}

function paletteColours(png: DecodedPng, palette: readonly (readonly number[])[], name: string): PixelReader {
  const sampleAt = sampler(png);
  return {
    hasAlpha: palette.some((colour) => colour.length === 4),
    read(x, y, out) {
      const colour = palette[sampleAt(x, y, 0)];
      if (colour === undefined) throw damaged(name);
      for (let c = 0; c < 4; c++) out[c] = colour[c] ?? 255;
    },
  };
}

/** Grey or RGB, with an alpha channel, a colour that stands for see-through, or neither. */
function directColours(png: DecodedPng): PixelReader {
  const sampleAt = sampler(png);
  const scale = 255 / (2 ** png.depth - 1);
  const colours = png.channels <= 2 ? 1 : 3;
  const alphaChannel = png.channels > colours;
  const key = png.transparency;
  return {
    hasAlpha: alphaChannel || key !== undefined,
    read(x, y, out) {
      let isKey = key !== undefined;
      for (let c = 0; c < 3; c++) {
        const from = c % colours;
        const sample = sampleAt(x, y, from);
        if (key !== undefined && sample !== key[from]) isKey = false;
        out[c] = Math.round(sample * scale);
      }
      out[3] = alphaChannel ? Math.round(sampleAt(x, y, colours) * scale) : isKey ? 0 : 255;
    },
  };
}

/** Reads one sample; those of less than eight bits are packed, rows padded to whole bytes. */
function sampler(png: DecodedPng): (x: number, y: number, channel: number) => number {
  const { width, channels, depth, data } = png;
  if (depth >= 8) return (x, y, channel) => data[(y * width + x) * channels + channel]!;
  const rowBytes = Math.ceil((width * depth) / 8);
  const mask = 2 ** depth - 1;
  return (x, y) => {
    const bit = x * depth;
    return (data[y * rowBytes + (bit >> 3)]! >> (8 - depth - (bit & 7))) & mask;
  };
}
