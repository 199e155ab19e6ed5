/**
 * Normalized drift: n_t = (D(y_t, x_t) − D(q_t, x_t)) / max(D(x_0, x_t) − D(q_t, x_t), 10⁻⁶) of a walk y along a recording x, with D
 * the mean absolute difference and q the recording as reconstructed by the world's tokenizer, where it has one. 0 is as good as the
 * tokenizer, 1 no better than repeating the prompt. What stands still in the recording has no say: D(x_0, x_t) below half a
 * step of a byte tells nothing, and such frames are left out.
 */
import { mean } from '../statistics.js';
import { distance } from './change.js';

/** A walk survives until n_t has been at least 1 for so many frames. */
const survivalWindow = 30;

const leastChange = 0.5 / 255;

export class Drift {
  /** By frame after the start; `undefined` where the recording tells nothing. */
  readonly values: (number | undefined)[] = [];

  constructor(readonly prompt: Uint8Array) {}

  /**
   * The next frame.
   * @param floor D(q_t, x_t); 0 of worlds that reproduce any frame
   */
  add(dreamed: Uint8Array, recorded: Uint8Array, floor = 0): void {
    const copying = distance(this.prompt, recorded) - floor;
    this.values.push(
      copying < leastChange ? undefined : (distance(dreamed, recorded) - floor) / Math.max(copying, 1e-6),
    );
  }
}

/** How far walks drift from their recordings, beside how far other recordings lie. */
export interface DriftScores {
  /** Mean over frames and walks: area under the curve. */
  readonly auc: number;
  /** Mean over walks at a frame; those that the recordings reach. */
  readonly at: readonly { readonly frame: number; readonly drift: number }[];
  /** By walk: the frame at which it stopped surviving; null where it survived the recording. */
  readonly survival: readonly (number | null)[];
}

/** @param frames at which the mean over walks is told, counted from 1 */
export function driftScores(walks: readonly Drift[], frames: readonly number[]): DriftScores | undefined {
  const known = walks.flatMap(({ values }) => values.filter((value) => value !== undefined));
  if (known.length === 0) return undefined;
  const at = frames.flatMap((frame) => {
    // A few frames around: single ones depend on where a recording happens to look.
    const near = walks.flatMap(({ values }) =>
      values.slice(Math.max(0, frame - 5), frame + 5).filter((value) => value !== undefined),
    );
    const reached = walks.filter(({ values }) => values.length >= frame).length;
    return near.length > 0 && reached > 0 ? [{ frame, drift: mean(near) }] : [];
  });
  return { auc: mean(known), at, survival: walks.map(({ values }) => survivalOf(values)) };
}

export function survivalOf(values: readonly (number | undefined)[]): number | null {
  let run = 0;
  for (const [t, value] of values.entries()) {
    if (value === undefined) continue;
    run = value >= 1 ? run + 1 : 0;
    if (run === survivalWindow) return t + 1 - survivalWindow;
  }
  return null;
}
