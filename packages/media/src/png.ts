import { decode, encode, type DecodedPng } from 'fast-png';
import type { Image } from './image.js';
import { joined } from './jpeg_header.js';
import type { ContentLabel } from './label/content_label.js';
import { asciiJson } from './label/content_label.js';
import { xmpPacket } from './label/xmp.js';
import { orient } from './orientation.js';
import { crc32, damagedPng, readPngChunks, SIGNATURE, type PngChunks } from './png_chunks.js';

export function isPng(bytes: Uint8Array): boolean {
  return SIGNATURE.every((byte, i) => bytes[i] === byte);
}

/**
 * Decodes a PNG of any colour type and depth into RGB or RGBA bytes, turned upright where it says how; of an animated one, the
 * first picture.
 * @param name what is being read, for messages
 * @throws SnowglobeError for files that are damaged, too large, or that inflate to more than their size says, and for
 *   interlaced ones of less than eight bits
 */
export function decodePng(bytes: Uint8Array, name: string, maxPixels?: number): Image {
  const chunks = readPngChunks(bytes, name, maxPixels);
  let png: DecodedPng;
  try {
    // The decoder gets header and data alone: it would take any palette for that of the pixels.
    png = decode(chunks.essence, { checkCrc: true });
  } catch (cause) {
    throw damagedPng(name, cause);
  }
  return orient(toBytes(png, chunks), chunks.orientation);
}

/** How a PNG is written. */
export interface PngOptions {
  /** What it says of how it came to be: as text and as XMP. Default: nothing. */
  readonly label?: ContentLabel | undefined;
}

/** Encodes a picture as PNG. */
export function encodePng(image: Image, { label }: PngOptions = {}): Uint8Array {
  const { width, height, channels, data } = image;
  const bytes = encode({ width, height, channels, data, depth: 8 });
  if (!label) return bytes;
  const { software, description, aigc } = label;
  return joined([
    bytes.subarray(0, headerBytes),
    textChunk('Software', software),
    textChunk('Description', description),
    ...(aigc ? [textChunk('AIGC', asciiJson(aigc))] : []),
    // Adobe's keyword: the packet must not be compressed (XMP specification, part 3, 1.1.5).
    internationalChunk('XML:com.adobe.xmp', xmpPacket(label)),
    bytes.subarray(headerBytes),
  ]);
}

/** Signature and IHDR. */
const headerBytes = 8 + 25;

/** Text under a keyword: in Latin-1 where it fits, which every reader knows, else in UTF-8. */
function textChunk(keyword: string, text: string): Uint8Array {
  if (/[^\x20-\x7e\xa0-\xff]/.test(text)) return internationalChunk(keyword, text);
  return chunk(
    'tEXt',
    Uint8Array.from(`${keyword}\0${text}`, (character) => character.charCodeAt(0)),
  );
}

/** Neither compressed, nor with a language or a translated keyword. */
const internationalChunk = (keyword: string, text: string): Uint8Array =>
  chunk('iTXt', new TextEncoder().encode(`${keyword}\0\0\0\0\0${text}`));

function chunk(type: string, data: Uint8Array): Uint8Array {
  const whole = new Uint8Array(12 + data.length);
  const view = new DataView(whole.buffer);
  view.setUint32(0, data.length);
  whole.set(new TextEncoder().encode(type), 4);
  whole.set(data, 8);
  view.setUint32(8 + data.length, crc32(whole.subarray(4, -4)));
  return whole;
}

/** Any colour type and depth as RGB or RGBA bytes. */
function toBytes(png: DecodedPng, { palette, transparency }: PngChunks): Image {
  const { width, height } = png;
  const pixelAt = palette ? paletteColours(png, palette, transparency) : directColours(png, transparency);
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

function paletteColours(
  png: DecodedPng,
  palette: Uint8Array,
  alpha: readonly number[] | undefined,
): PixelReader {
  const sampleAt = sampler(png);
  return {
    hasAlpha: alpha !== undefined,
    read(x, y, out) {
      // An entry that the palette has not is an error that may be shown anyhow (PNG, 11.2.2); Chromium shows the last one.
      const index = Math.min(sampleAt(x, y, 0), palette.length / 3 - 1);
      for (let c = 0; c < 3; c++) out[c] = palette[3 * index + c]!;
      out[3] = alpha?.[index] ?? 255;
    },
  };
}

/** Grey or RGB, with an alpha channel, a colour that stands for see-through, or neither. */
function directColours(png: DecodedPng, key: readonly number[] | undefined): PixelReader {
  const sampleAt = sampler(png);
  const scale = 255 / (2 ** png.depth - 1);
  const colours = png.channels <= 2 ? 1 : 3;
  const alphaChannel = png.channels > colours;
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
