import { SnowglobeError } from '@snowglobe/graph';
import { fnv1a } from '@snowglobe/graph/internal';
import { nearest } from '../pictures/nearest.js';
import type { Legend } from './legend.js';

/** A frame as cells. */
export interface CellReading {
  /** (rows * columns): numbers of pictures in the legend. */
  readonly codes: Uint16Array;
  /** Cells that look like no picture of the legend, and were read as the nearest one. */
  readonly inexact: number;
}

/** Reads frames (H, W, 3) of RGB bytes. */
export type CellReader = (frame: Uint8Array) => CellReading;

/** Different cells whose nearest picture is remembered. */
const mostRemembered = 200_000;

/**
 * Reads frames by a legend; cells start at the upper left corner, and pixels beyond them are left out.
 * @throws SnowglobeError where frames are smaller than the legend's cells
 */
export function cellReader(
  legend: Legend,
  { width, height }: { readonly width: number; readonly height: number },
): CellReader {
  const { cell, rows, columns, pictures } = legend;
  if (columns * cell > width || rows * cell > height) {
    throw new SnowglobeError(
      `eval: frames of ${width}x${height} have no room for the legend's ${columns}x${rows} cells of ${cell} pixels; ` +
        'measure at the size of the legend.',
    );
  }
  const bytes = cell * cell * 3;
  const known = new Map<string, number>();
  pictures.forEach((picture, code) => {
    const key = keyOf(picture);
    if (!known.has(key)) known.set(key, code);
  });
  const read = new Map<string, number>();
  const patch = new Uint8Array(bytes);
  return (frame) => {
    if (frame.length !== width * height * 3) {
      throw new SnowglobeError(`eval: a frame of ${frame.length} bytes is not ${width}x${height} RGB.`);
    }
    const codes = new Uint16Array(rows * columns);
    let inexact = 0;
    for (let place = 0; place < codes.length; place++) {
      const y = Math.floor(place / columns) * cell;
      const x = (place % columns) * cell;
      for (let line = 0; line < cell; line++) {
        const from = ((y + line) * width + x) * 3;
        patch.set(frame.subarray(from, from + cell * 3), line * cell * 3);
      }
      const key = keyOf(patch);
      const exact = known.get(key);
      if (exact !== undefined) {
        codes[place] = exact;
        continue;
      }
      inexact++;
      let code = read.get(key);
      if (code === undefined) {
        code = nearest(patch, pictures);
        if (read.size < mostRemembered) read.set(key, code);
      }
      codes[place] = code;
    }
    return { codes, inexact };
  };
}

/** Two hashes of 32 bits, so that no two cells of a measurement are taken for each other. */
const keyOf = (patch: Uint8Array): string => {
  let other = 0;
  for (let i = 0; i < patch.length; i++) other = (Math.imul(other, 31) + patch[i]!) | 0;
  return `${fnv1a(patch)}:${other}`;
};
