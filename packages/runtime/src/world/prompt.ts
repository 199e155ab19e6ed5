import type { ContentMark } from '@snowglobe/media';
import { resize, toRgb } from '@snowglobe/media';
import { readPicture } from '@snowglobe/media/internal';
import { pixelsOf } from '@snowglobe/model/internal';

/** A picture to start from, as `ImageData`, canvases and decoders give it: RGBA or RGB bytes of any size. */
export interface PromptImage {
  readonly width: number;
  readonly height: number;
  /** (height, width, 4) or (height, width, 3) */
  readonly data: Uint8Array | Uint8ClampedArray;
  /** Labels that its file had, see `findContentMarks`: what is made from it says so. */
  readonly marks?: readonly ContentMark[] | undefined;
}

/**
 * A prompt as the world's first frame: (H, W, 3) in −1 … 1. Scaled to cover the frame, what stands out is cut off.
 * @throws SnowglobeError for what is no picture: no size, too many pixels, data that are no bytes or do not fit the size
 */
export function promptFrame(prompt: PromptImage, width: number, height: number): Float32Array {
  return pixelsOf(toRgb(resize(readPicture(prompt, 'prompt'), width, height)).data);
}
