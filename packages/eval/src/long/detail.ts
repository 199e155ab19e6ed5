/** How much fine structure a frame has, and whether a walk keeps it. */
import { mean } from '../statistics.js';

/** Mean square of the discrete Laplacian over inner pixels and channels of an RGB frame (H, W, 3) of bytes, in units of white². */
export function laplacianEnergy(
  frame: Uint8Array,
  { width, height }: { readonly width: number; readonly height: number },
): number {
  const row = width * 3;
  let sum = 0;
  for (let y = 1; y < height - 1; y++) {
    for (let i = y * row + 3; i < (y + 1) * row - 3; i++) {
      const laplacian = 4 * frame[i]! - frame[i - 3]! - frame[i + 3]! - frame[i - row]! - frame[i + row]!;
      sum += laplacian * laplacian;
    }
  }
  return sum / ((width - 2) * (height - 2) * 3) / 255 ** 2;
}

/** Frames that a mean of detail is taken over, so that one flash or one dark step does not count. */
export const meltingWindow = 30;

/** Bounds within which detail is kept, as a share of the recordings'. */
export const keptBounds = [0.85, 1.15] as const;

/** Amplitudes are roots of energies: half the amplitude of the plainest window, or twice that of the busiest, is no game any more. */
const beyond = 4;

/** Detail of windows of `meltingWindow` frames, as a share of the mean of the recording they are from. */
export interface DetailRange {
  readonly least: number;
  readonly most: number;
}

/** Mean detail of each window of `meltingWindow` frames that lies within a walk. */
function windowMeans(detail: ArrayLike<number>): Float64Array {
  const count = Math.max(0, detail.length - meltingWindow + 1);
  const means = new Float64Array(count);
  let sum = 0;
  for (let t = 0; t < detail.length; t++) {
    sum += detail[t]!;
    if (t >= meltingWindow) sum -= detail[t - meltingWindow]!;
    if (t >= meltingWindow - 1) means[t - meltingWindow + 1] = sum / meltingWindow;
  }
  return means;
}

/** From the detail of the frames of recorded clips: a quarter of what 99 % of their windows have at least, four times what 99 % have at most. */
export function detailRange(clips: readonly (readonly number[])[]): DetailRange {
  const shares = clips.flatMap((clip) => {
    const whole = Math.max(mean(clip), Number.MIN_VALUE);
    const windows = windowMeans(clip);
    return windows.length > 0 ? [...windows].map((value) => value / whole) : [1];
  });
  shares.sort((a, b) => a - b);
  const at = (share: number): number =>
    shares[Math.min(shares.length - 1, Math.floor(share * shares.length))]!;
  return { least: at(0.01) / beyond, most: at(0.99) * beyond };
}

/**
 * The first frame of the first window that has melted (or boils): its detail is beyond all that recordings have.
 * @param detail of the frames of a walk, as a share of the mean of the recording that it started from
 * @returns `undefined` where it holds to its end
 */
export function meltsAt(detail: ArrayLike<number>, { least, most }: DetailRange): number | undefined {
  const at = windowMeans(detail).findIndex((value) => value < least || value > most);
  return at < 0 ? undefined : at;
}
