/**
 * What is walked through: a world, or what stands in its place as a bound, such as the recordings themselves or a picture that
 * never changes. Whatever measures walks sees bytes of pixels alone, so all are measured by the same code.
 */
import type { Place } from '@snowglobe/model';

/** What is done from one frame to the next: a name that the world's keys know, or the number of one of its actions. */
export type WalkedAction = string | number;

/** Walks side by side. */
export interface Walk {
  /** Frames of recordings that walks start from; at most as many as the walker takes. */
  readonly starts: readonly Place[];
  /** Frames to walk. */
  readonly length: number;
  /** One a walk: what is left to chance depends on it and on the number of the frame alone. */
  readonly seeds: readonly number[];
  /** What is done in step t, an action a walk. Asked when the frames before have been seen. */
  readonly actions: (t: number) => readonly WalkedAction[];
}

/**
 * Sees frame t + 1 of each walk, counted from its start: (H, W, 3) RGB bytes that are its own.
 * @param anew of each walk, whether the game before was over, so that this frame is the first after the prompt again; default: of none
 */
export type FrameObserver = (
  t: number,
  frames: readonly Uint8Array[],
  anew?: readonly boolean[],
) => void | Promise<void>;

export interface Walker {
  readonly width: number;
  readonly height: number;
  /** Walks that it takes at once. */
  readonly batch: number;
  walk(walk: Walk, onFrames: FrameObserver): Promise<void>;
  close(): Promise<void>;
}

/** Frames (…, H, W, 3) in −1 … 1 as a screen shows them: RGB bytes. */
export function bytesOf(pixels: Float32Array): Uint8Array {
  const bytes = new Uint8ClampedArray(pixels.length);
  for (let i = 0; i < pixels.length; i++) bytes[i] = (pixels[i]! + 1) * 127.5;
  return new Uint8Array(bytes.buffer);
}
