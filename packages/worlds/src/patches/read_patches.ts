import type { PatchPictures } from './patch_art.js';

/** Names of what the cells of a frame (H, W, 3) show, row by row. */
export type PatchReader = (frame: Uint8Array) => string[];

/**
 * Reads frames as the names that they were drawn by; what looks like no picture is read as the nearest one, by squared difference.
 * @param looks pictures by name; of names whose pictures are the same the first one is read
 * @param columns cells in a row
 */
export function patchReader(looks: Iterable<PatchPictures>, columns: number): PatchReader {
  const known = new Map<number, string>();
  const pictures: { readonly name: string; readonly picture: Uint8Array }[] = [];
  let size = 0;
  for (const look of looks) {
    for (const [name, picture] of look) {
      size = Math.sqrt(picture.length / 3);
      const key = keyAt(picture, 0, size, size * 3);
      if (known.has(key)) continue;
      known.set(key, name);
      pictures.push({ name, picture });
    }
  }
  const bytes = size * size * 3;
  const stride = columns * size * 3;
  const nearest = (frame: Uint8Array, from: number): string => {
    let [least, found] = [Infinity, ''];
    for (const { name, picture } of pictures) {
      let sum = 0;
      for (let row = 0; row < size && sum < least; row++) {
        for (let i = 0; i < size * 3; i++) {
          sum += (frame[from + row * stride + i]! - picture[row * size * 3 + i]!) ** 2;
        }
      }
      if (sum < least) [least, found] = [sum, name];
    }
    return found;
  };
  return (frame) =>
    Array.from({ length: frame.length / bytes }, (_, cell) => {
      const from = Math.floor(cell / columns) * size * stride + (cell % columns) * size * 3;
      return known.get(keyAt(frame, from, size, stride)) ?? nearest(frame, from);
    });
}

/** Two hashes of a square of pixels in one number of 53 bits, so that no two pictures are taken for each other. */
function keyAt(bytes: Uint8Array, from: number, size: number, stride: number): number {
  let [a, b] = [0x811c9dc5, 0];
  for (let row = 0; row < size; row++) {
    const start = from + row * stride;
    for (let i = start; i < start + size * 3; i++) {
      a = Math.imul(a ^ bytes[i]!, 0x01000193);
      b = (Math.imul(b, 31) + bytes[i]!) | 0;
    }
  }
  return (a >>> 0) * 2 ** 21 + (b >>> 11);
}
