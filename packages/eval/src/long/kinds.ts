/** What frames are made of, counted: how often each kind of cell, or of patch where nobody has named the cells, is seen. */
import type { Recordings } from '@snowglobe/model';
import { generatorFor } from '@snowglobe/model';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { Legend } from '../legend/legend.js';
import { cellReader } from '../legend/read_cells.js';
import { nearest } from '../pictures/nearest.js';

export interface Kinds {
  readonly count: number;
  /** Kinds of the cells of a frame (H, W, 3) of RGB bytes. */
  of(frame: Uint8Array): ArrayLike<number>;
}

/** The pictures of a legend, exactly. */
export function legendKinds(legend: Legend, data: Recordings): Kinds {
  const read = cellReader(legend, data);
  return { count: legend.names.length, of: (frame) => read(frame).codes };
}

/** Patches that stand for the others, and their side in pixels. */
const prototypes = 64;
const side = 8;

/** Patches of 8x8 pixels, each by the nearest of 64 that were sampled from the recordings with a fixed seed. */
export function patchKinds(data: Recordings): Kinds {
  const { width, height } = data;
  const random = generatorFor(0, 'patch kinds');
  const columns = Math.floor(width / side);
  const rows = Math.floor(height / side);
  const patchAt = (frame: Uint8Array, place: number): Uint8Array => {
    const patch = new Uint8Array(side * side * 3);
    const from = (Math.floor(place / columns) * width + (place % columns)) * side * 3;
    for (let y = 0; y < side; y++) {
      patch.set(frame.subarray(from + y * width * 3, from + (y * width + side) * 3), y * side * 3);
    }
    return patch;
  };
  const sampled = Array.from({ length: prototypes }, () => {
    const clip = uniformInt(random, 0, data.clips.length - 1);
    const frame = data.frames(clip, uniformInt(random, 0, data.clips[clip]!.frames - 1), 1);
    return patchAt(frame, uniformInt(random, 0, rows * columns - 1));
  });
  return {
    count: prototypes,
    of: (frame) =>
      Uint16Array.from({ length: rows * columns }, (_, place) => nearest(patchAt(frame, place), sampled)),
  };
}

/** How often each kind was seen. */
export class Histogram {
  readonly counts: Float64Array;
  total = 0;

  constructor(kinds: number) {
    this.counts = new Float64Array(kinds);
  }

  add(kinds: ArrayLike<number>): void {
    for (let i = 0; i < kinds.length; i++) this.counts[kinds[i]!]!++;
    this.total += kinds.length;
  }

  merge(other: Histogram): void {
    other.counts.forEach((count, kind) => (this.counts[kind]! += count));
    this.total += other.total;
  }
}

/** Total variation distance of two distributions: 0 the same, 1 nothing in common. */
export function totalVariation(a: Histogram, b: Histogram): number {
  let sum = 0;
  a.counts.forEach((count, kind) => (sum += Math.abs(count / a.total - b.counts[kind]! / b.total)));
  return sum / 2;
}
