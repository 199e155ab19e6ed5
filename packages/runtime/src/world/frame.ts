import type { FrameConfig, ReadoutValues } from '@snowglobe/model';
import type { Reading } from './readings.js';

/** One sampled frame. */
export interface Frame {
  /** Frames since the prompt, which is frame 0. */
  readonly index: number;
  readonly width: number;
  readonly height: number;
  /** (height, width, 4) */
  readonly rgba: Uint8ClampedArray;
  /** Milliseconds that it took, with the time that it waited for other sessions. */
  readonly ms: number;
  /** The frame's codes, when they were asked for. */
  readonly codes?: Int32Array;
  /** Numbers that the frame tells, by name; of worlds that have any. */
  readonly readouts?: ReadoutValues;
  /** What the world was told when it drew this frame: one of `World.events`. */
  readonly told?: string;
  /** The game is over in this frame. The next one begins it anew, unless the session was told to continue. */
  readonly ended?: true;
}

export type FrameSize = Pick<FrameConfig, 'width' | 'height'>;

/** @param pixels (H, W, 3) in −1 … 1 */
export function frameOf(
  index: number,
  pixels: Float32Array,
  { width, height }: FrameSize,
  ms: number,
  reading?: Reading,
): Frame {
  const rgba = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) rgba[i * 4 + c] = (pixels[i * 3 + c]! + 1) * 127.5;
  }
  return {
    ...{ index, width, height, rgba, ms },
    ...(reading && { readouts: reading.readouts }),
    ...(reading?.game === 'over' && { ended: true }),
  };
}
