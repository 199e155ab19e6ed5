import type { FrameSample, PatchGrid } from './patch_grid.js';

/** RGB bytes (…, 3) as one number a pixel. */
export function packPixels(rgb: Uint8Array): Uint32Array {
  const pixels = new Uint32Array(rgb.length / 3);
  for (let i = 0; i < pixels.length; i++) {
    pixels[i] = (rgb[3 * i]! << 16) | (rgb[3 * i + 1]! << 8) | rgb[3 * i + 2]!;
  }
  return pixels;
}

/**
 * A number for each patch of each frame, (F, rows, columns): equal patches have equal numbers, different ones with a chance of 2^-53 a pair
 * (two multiplicative hashes, of 32 and of 21 bits).
 *
 * @param pixels (F, H, W), see `packPixels`
 */
export function patchKeys(
  pixels: Uint32Array,
  { height, width }: Pick<FrameSample, 'height' | 'width'>,
  { size, top, left, rows, columns }: PatchGrid,
): Float64Array {
  const frames = pixels.length / (height * width);
  const keys = new Float64Array(frames * rows * columns);
  let at = 0;
  for (let frame = 0; frame < frames; frame++) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        let [a, b] = [0x811c9dc5, 0x9e3779b9];
        for (let y = 0; y < size; y++) {
          const first = (frame * height + top + row * size + y) * width + left + column * size;
          for (let x = first; x < first + size; x++) {
            const pixel = pixels[x]!;
            a = Math.imul(a ^ pixel, 0x01000193) ^ (a >>> 15);
            b = Math.imul(b + pixel, 0x85ebca6b) ^ (b >>> 13);
          }
        }
        keys[at++] = (a >>> 0) * 2 ** 21 + (b >>> 11);
      }
    }
  }
  return keys;
}
