import { SnowglobeError } from '@snowglobe/graph';
import type { Image } from './image.js';
import { MAX_PIXELS } from './image.js';
import { decodeJpeg, isJpeg } from './jpeg.js';
import { decodePng, isPng } from './png.js';

/** Larger files are refused: nobody's prompt is that large, and what they inflate to is a thousand times more. */
const MAX_BYTES = 64 * 2 ** 20;

/** How much is decoded. */
export interface DecodeOptions {
  /** Width times height at most, for files of strangers; default 64 million. */
  readonly maxPixels?: number;
}

/**
 * Decodes a PNG or JPEG. Size and integrity are checked before memory is taken for the pixels.
 *
 * @param bytes the whole file
 * @param name what it is called in messages, usually the file's path
 * @returns RGB, or RGBA where the file has transparency
 * @throws SnowglobeError for anything that is not a whole PNG or JPEG of a reasonable size
 */
export function decodeImage(
  bytes: Uint8Array,
  name = 'the image',
  { maxPixels = MAX_PIXELS }: DecodeOptions = {},
): Image {
  if (bytes.length > MAX_BYTES) {
    throw new SnowglobeError(
      `${name} has ${(bytes.length / 2 ** 20).toFixed(0)} MB, more than the limit of ${MAX_BYTES / 2 ** 20} MB; scale it down first`,
    );
  }
  if (isPng(bytes)) return decodePng(bytes, name, maxPixels);
  if (isJpeg(bytes)) return decodeJpeg(bytes, name, maxPixels);
  if (bytes.length === 0) throw new SnowglobeError(`${name} is empty; use a PNG or JPEG file`);
  throw new SnowglobeError(`${name} is ${guess(bytes)}, neither PNG nor JPEG; convert it to PNG`);
}

/** What a file seems to be, by its first bytes. */
function guess(bytes: Uint8Array): string {
  const head = String.fromCharCode(...bytes.subarray(0, 16));
  if (head.startsWith('GIF8')) return 'a GIF';
  if (head.startsWith('RIFF') && head.slice(8, 12) === 'WEBP') return 'a WebP image';
  if (head.startsWith('BM')) return 'a bitmap (BMP)';
  if (/^(II[*+]\0|MM\0[*+])/.test(head)) return 'a TIFF, or a raw photograph';
  if (/^\0\0[\x01\x02]\0/.test(head)) return 'an icon (ICO)';
  if (head.slice(4, 8) === 'jP  ' || head.startsWith('\xff\x4f\xff\x51')) return 'a JPEG 2000';
  if (head.slice(4, 8) === 'JXL ' || head.startsWith('\xff\x0a')) return 'a JPEG XL';
  if (head.startsWith('8BPS')) return 'a Photoshop file';
  if (head.startsWith('%PDF')) return 'a PDF';
  if (/^P[1-7]\s/.test(head)) return 'a portable pixmap (PNM)';
  if (head.startsWith('qoif')) return 'a QOI image';
  if (head.slice(4, 8) === 'ftyp') return isStill(head.slice(8, 12)) ? 'an AVIF or HEIC image' : 'a video';
  if (/^\s*<(svg|\?xml|!doctype)/i.test(head)) return 'text (SVG, XML or HTML)';
  return 'of a kind that is not known';
}

/** By the major brand of a file of boxes (ISO 14496-12). */
const isStill = (brand: string): boolean => /^(avif|avis|heic|heix|hevc|heim|heis|mif1|msf1)$/.test(brand);
