/** How much of a picture is another. Frames (H, W, 3) of RGB bytes. */

/** Steps of a channel that an eye sees (as tinywmcraft and Slower Roads count). */
const visible = 16;

/** Whether a channel of the pixel whose first byte is `i` differs by more than `visible`. */
export function isVisiblyOther(a: Uint8Array, b: Uint8Array, i: number): boolean {
  return (
    Math.abs(a[i]! - b[i]!) > visible ||
    Math.abs(a[i + 1]! - b[i + 1]!) > visible ||
    Math.abs(a[i + 2]! - b[i + 2]!) > visible
  );
}

/** Share of pixels that differ visibly. */
export function changedShare(a: Uint8Array, b: Uint8Array): number {
  let changed = 0;
  for (let i = 0; i < a.length; i += 3) if (isVisiblyOther(a, b, i)) changed++;
  return changed / (a.length / 3);
}

/** Mean absolute difference of all bytes, 0 … 1. */
export function distance(a: Uint8Array, b: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i]! - b[i]!);
  return sum / a.length / 255;
}

/** A frame is the one before it again: half a step of a byte a pixel on average, so that noise nobody sees does not count. */
const isSame = (a: Uint8Array, b: Uint8Array): boolean => distance(a, b) < 0.5 / 255;

/** The longest run of frames that show the same picture. */
export class StillRun {
  #run = 0;
  longest = 0;

  see(before: Uint8Array, now: Uint8Array): void {
    this.#run = isSame(before, now) ? this.#run + 1 : 0;
    this.longest = Math.max(this.longest, this.#run);
  }
}

/** Frames without any change after which a walk is called frozen. */
export const frozenAfter = 30;
