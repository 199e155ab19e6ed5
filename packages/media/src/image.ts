import { SnowglobeError } from '@snowglobe/graph';
import { show } from '@snowglobe/graph/internal';

/** A picture of bytes, row by row from the top: (height, width, channels), RGB or RGBA with straight alpha. */
export interface Image {
  readonly width: number;
  readonly height: number;
  readonly channels: 3 | 4;
  readonly data: Uint8Array | Uint8ClampedArray;
}

/** Pictures with more pixels than this are refused before memory is taken: 64 megapixels are 256 MB of RGBA. */
export const MAX_PIXELS = 64_000_000;

/**
 * Wraps bytes as a picture; three or four channels, as the length says.
 * @throws SnowglobeError where the length fits neither
 */
export function imageOf(data: Uint8Array | Uint8ClampedArray, width: number, height: number): Image {
  return readPicture({ width, height, data }, 'image');
}

/**
 * A picture that came from outside: `ImageData`, or anything else with a size and bytes.
 * @param name what it is, for the message
 * @throws SnowglobeError where it is no picture of RGB or RGBA bytes, is empty, or has too many pixels
 */
export function readPicture(
  picture: Pick<Image, 'width' | 'height' | 'data'> | null | undefined,
  name: string,
): Image {
  if (typeof picture !== 'object' || picture === null) {
    throw new SnowglobeError(
      `${name}: ${show(picture)} is no picture; pass one as { width, height, data }, as ImageData is.`,
    );
  }
  const { width, height, data } = picture;
  for (const side of [width, height] as unknown[]) {
    if (typeof side === 'number' && Number.isInteger(side) && side >= 0) continue;
    throw new SnowglobeError(
      `${name}: its size ${show(width)} by ${show(height)} is not in whole pixels; pass width and height as integers.`,
    );
  }
  if (!(data instanceof Uint8Array || data instanceof Uint8ClampedArray)) {
    throw new SnowglobeError(
      `${name}: its data is ${show(data)}; pass bytes of 0 to 255 as a Uint8Array or Uint8ClampedArray.`,
    );
  }
  checkSize(name, width, height);
  const channels = data.length / (width * height);
  if (channels !== 3 && channels !== 4) {
    throw new SnowglobeError(
      `${name}: ${data.length} bytes do not fill ${width}x${height} pixels; RGB takes ${width * height * 3}, RGBA ${width * height * 4}.`,
    );
  }
  return { width, height, channels, data };
}

/**
 * Refuses sizes that cannot be decoded or that would take too much memory.
 * @param name what is being read, for the message
 * @throws SnowglobeError
 */
export function checkSize(name: string, width: number, height: number, most = MAX_PIXELS): void {
  if (!(width >= 1) || !(height >= 1)) {
    throw new SnowglobeError(
      `${name} is ${width}x${height} pixels: there is nothing to see; use a picture of at least 1x1`,
    );
  }
  if (width * height > most) {
    throw new SnowglobeError(
      `${name} is ${width}x${height} pixels, more than the limit of ${Math.round(most / 1e5) / 10} megapixels; scale it down first`,
    );
  }
}

/**
 * The picture without alpha.
 * @param background what shows through, RGB; black by default
 */
export function toRgb(image: Image, background: readonly [number, number, number] = [0, 0, 0]): Image {
  if (image.channels === 3) return image;
  const { width, height, data } = image;
  const rgb = new Uint8Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const alpha = data[pixel * 4 + 3]! / 255;
    for (let c = 0; c < 3; c++) {
      rgb[pixel * 3 + c] = Math.round(data[pixel * 4 + c]! * alpha + background[c]! * (1 - alpha));
    }
  }
  return { width, height, channels: 3, data: rgb };
}

/** The picture with alpha: opaque where it had none. */
export function toRgba(image: Image): Image {
  if (image.channels === 4) return image;
  const { width, height, data } = image;
  const rgba = new Uint8Array(width * height * 4).fill(255);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let c = 0; c < 3; c++) rgba[pixel * 4 + c] = data[pixel * 3 + c]!;
  }
  return { width, height, channels: 4, data: rgba };
}

/**
 * The picture enlarged by repeating pixels.
 * @param factor integer of at least 1
 */
export function enlarge(image: Image, factor: number): Image {
  if (!Number.isInteger(factor) || factor < 1) {
    throw new SnowglobeError(`enlarge: the factor must be an integer of at least 1, got ${factor}`);
  }
  if (factor === 1) return image;
  const width = image.width * factor;
  const height = image.height * factor;
  checkSize('the enlarged picture', width, height);
  const data = repeatPixels(image.data, image.width, image.height, image.channels, factor);
  return { width, height, channels: image.channels, data };
}

/** Repeats each pixel of (height, width, channels) `factor` times along both sides. */
export function repeatPixels(
  data: Uint8Array | Uint8ClampedArray,
  width: number,
  height: number,
  channels: number,
  factor: number,
): Uint8Array {
  const out = new Uint8Array(data.length * factor * factor);
  const rowBytes = width * factor * channels;
  for (let y = 0; y < height; y++) {
    const first = y * factor * rowBytes;
    for (let x = 0; x < width * factor; x++) {
      const from = (y * width + Math.floor(x / factor)) * channels;
      for (let c = 0; c < channels; c++) out[first + x * channels + c] = data[from + c]!;
    }
    for (let copy = 1; copy < factor; copy++)
      out.copyWithin(first + copy * rowBytes, first, first + rowBytes);
  }
  return out;
}
