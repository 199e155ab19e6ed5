import type { FrameSample, PatchGrid } from '../tokenizer/patch_grid.js';
import { gridAt } from '../tokenizer/patch_grid.js';
import { packPixels, patchKeys } from '../tokenizer/patch_keys.js';

export interface PatchGridOptions {
  /** Smallest and largest side of a patch in pixels; default 4 and 16. */
  readonly sizes?: readonly [least: number, most: number];
}

export interface FoundPatchGrid extends PatchGrid {
  /** Bits that describe the frames of the sample: their different patches as pixels, a code for each place, and the edges. */
  readonly bits: number;
  /** Different patches in the sample. */
  readonly patches: number;
}

/** Frames that every grid is tried on, and that the best of each size are compared on. */
const [fewFrames, manyFrames] = [64, 1024];
/** Offsets of each size that are compared on many frames. */
const kept = 2;
const bitsPerPixel = 24;

/**
 * Finds the grid by which a video has the shortest description (Rissanen 1978): its different patches as pixels, and for each place of each frame
 * which one it shows, at the entropy of how often each occurs. Whatever the frames are made of, the grid in which most repeats wins.
 *
 * @returns the grids from the shortest description on, the best offset of each size alone
 */
export function findPatchGrids(sample: FrameSample, options: PatchGridOptions = {}): FoundPatchGrid[] {
  const { height, width } = sample;
  const { sizes: [least, most] = [4, 16] } = options;
  const few = packPixels(strided(sample, fewFrames));
  const many = packPixels(strided(sample, manyFrames));
  const describe = (pixels: Uint32Array, size: number, top: number, left: number): FoundPatchGrid => {
    const grid = gridAt({ height, width }, size, top, left);
    return { ...grid, ...describeBy(grid, pixels, { height, width }) };
  };
  const best: FoundPatchGrid[] = [];
  for (let size = least; size <= Math.min(most, height, width); size++) {
    const found: FoundPatchGrid[] = [];
    for (let top = 0; top < size && top + size <= height; top++) {
      for (let left = 0; left < size && left + size <= width; left++)
        found.push(describe(few, size, top, left));
    }
    found.sort((a, b) => a.bits - b.bits);
    const compared = found.slice(0, kept).map(({ top, left }) => describe(many, size, top, left));
    best.push(...compared.sort((a, b) => a.bits - b.bits).slice(0, 1));
  }
  return best.sort((a, b) => a.bits - b.bits);
}

/** At most `count` frames of a sample, evenly spread. */
function strided({ height, width, rgb }: FrameSample, count: number): Uint8Array {
  const bytes = height * width * 3;
  const frames = rgb.length / bytes;
  if (frames <= count) return rgb;
  const out = new Uint8Array(count * bytes);
  for (let i = 0; i < count; i++) {
    const from = Math.floor((i * frames) / count) * bytes;
    out.set(rgb.subarray(from, from + bytes), i * bytes);
  }
  return out;
}

/** @param pixels (F, H, W) */
function describeBy(
  grid: PatchGrid,
  pixels: Uint32Array,
  { height, width }: Pick<FrameSample, 'height' | 'width'>,
): Pick<FoundPatchGrid, 'bits' | 'patches'> {
  const counts = new Map<number, number>();
  const keys = patchKeys(pixels, { height, width }, grid);
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= count * Math.log2(count / keys.length);
  const edge = edgePixels(grid, pixels, { height, width });
  const pixelsOfPatches = counts.size * grid.size ** 2;
  return { bits: bits + (pixelsOfPatches + edge) * bitsPerPixel, patches: counts.size };
}

/** Pixels outside the grid that are not always of one colour, over all frames: what codes do not tell. */
function edgePixels(
  { size, top, left, rows, columns }: PatchGrid,
  pixels: Uint32Array,
  { height, width }: Pick<FrameSample, 'height' | 'width'>,
): number {
  const frames = pixels.length / (height * width);
  const [bottom, right] = [top + rows * size, left + columns * size];
  let changing = 0;
  for (let y = 0; y < height; y++) {
    const isInside = y >= top && y < bottom;
    for (let x = 0; x < width; x++) {
      if (isInside && x === left) x = right;
      if (x >= width) break;
      const first = pixels[y * width + x];
      for (let frame = 1; frame < frames; frame++) {
        if (pixels[(frame * height + y) * width + x] !== first) {
          changing++;
          break;
        }
      }
    }
  }
  return changing * frames;
}
