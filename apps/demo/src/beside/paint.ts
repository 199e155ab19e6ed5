/** What a comparison shows, as pictures. */
import type { Compared } from './comparison.js';

const mark = [255, 60, 60] as const;

/** @param data (height, width, 3) bytes */
export function paintTruth(canvas: HTMLCanvasElement, { truth }: Compared): void {
  paint(canvas, (pixel, c) => truth[pixel * 3 + c]!);
}

/**
 * The dream, dark but where it is not as the game is.
 * @param rgba of the dreamed frame
 * @param cell side of the cells that are compared, in pixels
 */
export function paintDifference(
  canvas: HTMLCanvasElement,
  { differing }: Compared,
  rgba: Uint8ClampedArray,
  cell: number,
): void {
  const { width } = canvas;
  paint(canvas, (pixel, c) => {
    const at =
      Math.floor(Math.floor(pixel / width) / cell) * (width / cell) + Math.floor((pixel % width) / cell);
    const byte = rgba[pixel * 4 + c]!;
    return differing[at] ? (byte + 2 * mark[c]!) / 3 : byte / 4;
  });
}

function paint(canvas: HTMLCanvasElement, byteOf: (pixel: number, channel: 0 | 1 | 2) => number): void {
  const { width, height } = canvas;
  const image = new ImageData(width, height);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (const c of [0, 1, 2] as const) image.data[pixel * 4 + c] = byteOf(pixel, c);
    image.data[pixel * 4 + 3] = 255;
  }
  canvas.getContext('2d')!.putImageData(image, 0, 0);
}
