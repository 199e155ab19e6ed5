import { SnowglobeError } from '@snowglobe/graph';
import { decode } from 'jpeg-js';
import { checkSize, MAX_PIXELS, type Image } from './image.js';
import { readJpegHeader } from './jpeg_header.js';
import { orient } from './orientation.js';

export function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;
}

/**
 * Decodes a JPEG into RGB bytes, turned the way its camera says it was held.
 * @param name what is being read, for messages
 * @throws SnowglobeError for files that are damaged, too large, or of a kind that is not decoded: arithmetic, lossless and
 *   hierarchical coding, twelve bits
 */
export function decodeJpeg(bytes: Uint8Array, name: string, maxPixels = MAX_PIXELS): Image {
  const header = readJpegHeader(bytes, name);
  if (!header) throw damaged(name);
  checkSize(name, header.width, header.height, maxPixels);
  // A block takes a bit at least: memory is not taken for pictures that the file cannot hold.
  const blocks = Math.ceil(header.width / 8) * Math.ceil(header.height / 8);
  if (8 * header.essence.length < blocks) throw damaged(name);
  let decoded: { width: number; height: number; data: Uint8Array };
  try {
    // A second header in the file could give another size: the decoder holds it to the same limit.
    decoded = decode(header.essence, {
      useTArray: true,
      formatAsRGBA: false,
      tolerantDecoding: false,
      colorTransform: header.isYcc,
      maxResolutionInMP: maxPixels / 1e6,
      maxMemoryUsageInMB: 1500,
    });
  } catch (cause) {
    throw damaged(name, cause);
  }
  const { width, height, data } = decoded;
  if (data.length !== width * height * 3) throw damaged(name);
  return orient({ width, height, channels: 3, data }, header.orientation);
}

function damaged(name: string, cause?: unknown): SnowglobeError {
  return new SnowglobeError(`${name} is a damaged or incomplete JPEG; save it anew`, { cause });
}
