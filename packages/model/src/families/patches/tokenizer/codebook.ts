import { SnowglobeError } from '@snowglobe/graph';
import type { FrameSample, PatchGrid } from './patch_grid.js';
import { packPixels, patchKeys } from './patch_keys.js';

/** The patches that a world is drawn of. */
export interface Codebook {
  readonly grid: PatchGrid;
  /** (K, S, S, 3) RGB bytes; code k is drawn as patch k. The most frequent ones come first. */
  readonly patches: Uint8Array;
  readonly size: number;
}

export interface CodebookOptions {
  /** Largest number of patches; default 4,096. */
  readonly cap?: number;
  /** Patches that occur less often in the whole video are left out, and drawn as their nearest; default 3. */
  readonly leastCount?: number;
}

/** Collects the patches of a video, frame by frame. */
export class PatchCounter {
  readonly #counts = new Map<number, { count: number; readonly patch: Uint8Array }>();
  #places = 0;

  constructor(
    private readonly frame: Pick<FrameSample, 'height' | 'width'>,
    private readonly grid: PatchGrid,
  ) {}

  /** Different patches so far. */
  get size(): number {
    return this.#counts.size;
  }

  /** @param rgb (F, H, W, 3) bytes */
  add(rgb: Uint8Array): void {
    const keys = patchKeys(packPixels(rgb), this.frame, this.grid);
    this.#places += keys.length;
    keys.forEach((key, place) => {
      const known = this.#counts.get(key);
      if (known) known.count++;
      else this.#counts.set(key, { count: 1, patch: cutPatch(rgb, place, this.frame, this.grid) });
    });
  }

  /**
   * The patches that occur often enough, the most frequent first.
   * @returns the codebook, and the share of all places that it draws exactly
   */
  codebook({ cap = 4096, leastCount = 3 }: CodebookOptions = {}): {
    readonly codebook: Codebook;
    readonly exact: number;
  } {
    const frequent = [...this.#counts.values()]
      .filter(({ count }) => count >= leastCount)
      .sort((a, b) => b.count - a.count)
      .slice(0, cap);
    const bytes = 3 * this.grid.size ** 2;
    const patches = new Uint8Array(frequent.length * bytes);
    frequent.forEach(({ patch }, code) => patches.set(patch, code * bytes));
    const drawn = frequent.reduce((sum, { count }) => sum + count, 0);
    return { codebook: { grid: this.grid, patches, size: frequent.length }, exact: drawn / this.#places };
  }
}

/** The pixels (S, S, 3) of one place of frames (F, H, W, 3); places count through (F, rows, columns). */
function cutPatch(
  rgb: Uint8Array,
  place: number,
  { height, width }: Pick<FrameSample, 'height' | 'width'>,
  { size, top, left, rows, columns }: PatchGrid,
): Uint8Array {
  const frame = Math.floor(place / (rows * columns));
  const [row, column] = [Math.floor(place / columns) % rows, place % columns];
  const patch = new Uint8Array(size * size * 3);
  for (let y = 0; y < size; y++) {
    const from = ((frame * height + top + row * size + y) * width + left + column * size) * 3;
    patch.set(rgb.subarray(from, from + size * 3), y * size * 3);
  }
  return patch;
}

/** Frames as codes, by a codebook: the patch itself where it is in it, else the nearest one (least squared difference). */
export class PatchEncoder {
  readonly #codes = new Map<number, number>();

  /** @throws SnowglobeError for a codebook without patches */
  constructor(private readonly codebook: Codebook) {
    const { grid, patches, size } = codebook;
    if (size === 0) throw new SnowglobeError('codebook: it has no patches; learn it from a longer video.');
    // Every patch as a frame of its own.
    const one = { size: grid.size, top: 0, left: 0, rows: 1, columns: 1 };
    const keys = patchKeys(packPixels(patches), { height: grid.size, width: grid.size }, one);
    keys.forEach((key, code) => this.#codes.set(key, code));
  }

  /**
   * @param rgb (F, H, W, 3) bytes of frames that the grid fits
   * @returns codes (F, rows, columns), and how many of them are exact
   */
  encode(
    rgb: Uint8Array,
    frame: Pick<FrameSample, 'height' | 'width'>,
  ): { readonly codes: Int32Array; readonly exact: number } {
    const { grid } = this.codebook;
    const keys = patchKeys(packPixels(rgb), frame, grid);
    const codes = new Int32Array(keys.length);
    let exact = 0;
    keys.forEach((key, place) => {
      let code = this.#codes.get(key);
      if (code === undefined || code < 0) {
        code ??= this.#remember(key, cutPatch(rgb, place, frame, grid));
        codes[place] = -1 - code;
      } else {
        codes[place] = code;
        exact++;
      }
    });
    return { codes, exact };
  }

  /** Finds the nearest patch once for every picture of a patch; kept as −1 − code, which tells that it is not exact. */
  #remember(key: number, patch: Uint8Array): number {
    const { patches, size } = this.codebook;
    let [best, least] = [0, Infinity];
    for (let code = 0; code < size; code++) {
      let sum = 0;
      const from = code * patch.length;
      for (let i = 0; i < patch.length && sum < least; i++) sum += (patches[from + i]! - patch[i]!) ** 2;
      if (sum < least) [best, least] = [code, sum];
    }
    const code = -1 - best;
    if (this.#codes.size < mostRemembered) this.#codes.set(key, code);
    return code;
  }
}

/** Pictures of patches whose nearest one is remembered. */
const mostRemembered = 1 << 18;

/**
 * Frames drawn from codes.
 * @param codes (F, rows, columns)
 * @param background (H, W, 3): what lies outside the grid; default: nothing does
 */
export function drawCodes(
  codes: Int32Array,
  { grid, patches }: Codebook,
  frame: Pick<FrameSample, 'height' | 'width'>,
  background?: Uint8Array,
): Uint8Array {
  const { size, top, left, rows, columns } = grid;
  const frames = codes.length / (rows * columns);
  const bytes = frame.height * frame.width * 3;
  const rgb = new Uint8Array(frames * bytes);
  for (let f = 0; background && f < frames; f++) rgb.set(background, f * bytes);
  codes.forEach((code, place) => {
    const f = Math.floor(place / (rows * columns));
    const [row, column] = [Math.floor(place / columns) % rows, place % columns];
    for (let y = 0; y < size; y++) {
      const to = ((f * frame.height + top + row * size + y) * frame.width + left + column * size) * 3;
      const from = (code * size + y) * size * 3;
      rgb.set(patches.subarray(from, from + size * 3), to);
    }
  });
  return rgb;
}
