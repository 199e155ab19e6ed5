import { SnowglobeError } from '@snowglobe/graph';
import { checkSize, type Image } from './image.js';

/** How a picture is fitted into another size. */
export interface ResizeOptions {
  /**
   * `cover` (default) keeps the proportions and cuts what stands out on both sides alike;
   * `stretch` shows everything, distorted if need be.
   */
  readonly fit?: 'cover' | 'stretch';
}

/** For each output position, which inputs count and how much: `weights[i]` belongs to input `first + i`. */
interface Tap {
  readonly first: number;
  readonly weights: readonly number[];
}

/**
 * Scales a picture to (height, width): the average over the area that a pixel covers where it shrinks, bilinear where it
 * grows. Colours are weighted by their alpha, so that see-through pixels do not bleed.
 *
 * @throws SnowglobeError for sizes that are not positive integers or too large
 */
export function resize(image: Image, width: number, height: number, options: ResizeOptions = {}): Image {
  if (!Number.isInteger(width) || !Number.isInteger(height)) {
    throw new SnowglobeError(`resize: ${width}x${height} is not a size in whole pixels`);
  }
  checkSize('the resized picture', width, height);
  if (width === image.width && height === image.height) return image;

  // The part of the input that is shown.
  let spanX = image.width;
  let spanY = image.height;
  if ((options.fit ?? 'cover') === 'cover') {
    const scale = Math.min(image.width / width, image.height / height);
    spanX = width * scale;
    spanY = height * scale;
  }
  const tapsX = axisTaps(image.width, (image.width - spanX) / 2, spanX, width);
  const tapsY = axisTaps(image.height, (image.height - spanY) / 2, spanY, height);
  return image.channels === 3 ? scaleRgb(image, tapsX, tapsY) : scaleRgba(image, tapsX, tapsY);
}

/**
 * Taps along one axis.
 * @param size length of the input
 * @param start where the shown part begins, in input pixels
 * @param span length of the shown part
 * @param count length of the output
 */
function axisTaps(size: number, start: number, span: number, count: number): Tap[] {
  const step = span / count;
  return Array.from({ length: count }, (_, i) =>
    step >= 1
      ? areaTap(size, start + i * step, start + (i + 1) * step)
      : linearTap(size, start + (i + 0.5) * step - 0.5),
  );
}

/** The share of each input pixel in [from, to). */
function areaTap(size: number, from: number, to: number): Tap {
  const first = Math.min(size - 1, Math.max(0, Math.floor(from)));
  const last = Math.min(size, Math.ceil(to));
  const weights: number[] = [];
  for (let x = first; x < Math.max(last, first + 1); x++) {
    weights.push(Math.max(0, Math.min(to, x + 1) - Math.max(from, x)));
  }
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return { first, weights: weights.map((weight) => weight / total) };
}

/** The two inputs around `position`, edges repeated. */
function linearTap(size: number, position: number): Tap {
  const at = Math.min(size - 1, Math.max(0, position));
  const first = Math.min(Math.floor(at), Math.max(0, size - 2));
  const share = at - first;
  return size === 1 ? { first: 0, weights: [1] } : { first, weights: [1 - share, share] };
}

function scaleRgb(image: Image, tapsX: readonly Tap[], tapsY: readonly Tap[]): Image {
  const data = scalePlanes(image.data, image.width, 3, tapsX, tapsY);
  return { width: tapsX.length, height: tapsY.length, channels: 3, data: Uint8Array.from(data, toByte) };
}

function scaleRgba(image: Image, tapsX: readonly Tap[], tapsY: readonly Tap[]): Image {
  // Premultiplied: colour times alpha is what adds up.
  const input = Float32Array.from(image.data);
  for (let i = 0; i < input.length; i += 4) {
    const alpha = input[i + 3]! / 255;
    for (let c = 0; c < 3; c++) input[i + c]! *= alpha;
  }
  const scaled = scalePlanes(input, image.width, 4, tapsX, tapsY);
  const data = new Uint8Array(scaled.length);
  for (let i = 0; i < scaled.length; i += 4) {
    const alpha = scaled[i + 3]! / 255;
    for (let c = 0; c < 3; c++) data[i + c] = alpha > 0 ? toByte(scaled[i + c]! / alpha) : 0;
    data[i + 3] = toByte(scaled[i + 3]!);
  }
  return { width: tapsX.length, height: tapsY.length, channels: 4, data };
}

/** Filters rows, then columns; of the input's rows only those that count. */
function scalePlanes(
  input: ArrayLike<number>,
  inputWidth: number,
  channels: number,
  tapsX: readonly Tap[],
  tapsY: readonly Tap[],
): Float32Array {
  const width = tapsX.length;
  const out = new Float32Array(width * tapsY.length * channels);
  const narrowed = new Map<number, Float32Array>();
  tapsY.forEach((tapY, y) => {
    // Taps come in ascending order: rows above this one's first are done with.
    for (const row of narrowed.keys()) if (row < tapY.first) narrowed.delete(row);
    tapY.weights.forEach((weight, j) => {
      const row = tapY.first + j;
      let line = narrowed.get(row);
      if (line === undefined) {
        line = narrowRow(input, row * inputWidth * channels, channels, tapsX);
        narrowed.set(row, line);
      }
      for (let i = 0; i < line.length; i++) out[y * line.length + i]! += weight * line[i]!;
    });
  });
  return out;
}

function narrowRow(
  input: ArrayLike<number>,
  start: number,
  channels: number,
  tapsX: readonly Tap[],
): Float32Array {
  const line = new Float32Array(tapsX.length * channels);
  tapsX.forEach(({ first, weights }, x) => {
    for (let k = 0; k < weights.length; k++) {
      const from = start + (first + k) * channels;
      for (let c = 0; c < channels; c++) line[x * channels + c]! += weights[k]! * input[from + c]!;
    }
  });
  return line;
}

function toByte(value: number): number {
  return Math.max(0, Math.min(255, Math.round(value)));
}
