import type { Image } from './image.js';

/** Where a TIFF keeps its orientation, and the one type that it has (CIPA DC-008, section 4.6.4). */
const ORIENTATION = 0x0112;
const SHORT = 3;

/**
 * The orientation that Exif data name: 1 (upright) to 8, or 1 where they name none.
 * @param tiff from its byte order on, in either; its first directory may stand anywhere
 */
export function exifOrientation(tiff: Uint8Array): number {
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  if (tiff.length < 8) return 1;
  const order = view.getUint16(0);
  if (order !== 0x4949 && order !== 0x4d4d) return 1;
  const little = order === 0x4949;
  if (view.getUint16(2, little) !== 42) return 1;
  const directory = view.getUint32(4, little);
  if (directory + 2 > tiff.length) return 1;
  const entries = view.getUint16(directory, little);
  for (let i = 0; i < entries; i++) {
    const at = directory + 2 + 12 * i;
    if (at + 12 > tiff.length) return 1;
    if (view.getUint16(at, little) !== ORIENTATION) continue;
    const value = view.getUint16(at + 8, little);
    const isOne = view.getUint16(at + 2, little) === SHORT && view.getUint32(at + 4, little) === 1;
    return isOne && value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

/** Turns a picture upright. `orientation`: the Exif tag, 1 to 8. */
export function orient(image: Image, orientation: number): Image {
  if (orientation < 2 || orientation > 8) return image;
  const { channels } = image;
  const swaps = orientation >= 5;
  const width = swaps ? image.height : image.width;
  const height = swaps ? image.width : image.height;
  const data = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      // Where the upright pixel is found in the stored picture.
      let [column, row] = swaps ? [y, x] : [x, y];
      if ([2, 3, 7, 8].includes(orientation)) column = image.width - 1 - column;
      if ([3, 4, 6, 7].includes(orientation)) row = image.height - 1 - row;
      for (let c = 0; c < channels; c++)
        data[(y * width + x) * channels + c] = image.data[(row * image.width + column) * channels + c]!;
    }
  }
  return { width, height, channels, data };
}
