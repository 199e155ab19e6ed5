import { SnowglobeError } from '@snowglobe/graph';
import { imageOf, resize, toRgb } from '@snowglobe/media';
import { pixelsOf } from '@snowglobe/model';

/** A picture to start from, as canvases and decoders give it: RGBA or RGB bytes of any size. */
export interface PromptImage {
  readonly width: number;
  readonly height: number;
  /** (height, width, 4) or (height, width, 3) */
  readonly data: Uint8Array | Uint8ClampedArray;
}

/**
 * A prompt as the world's first frame: (H, W, 3) in −1 … 1. Scaled to cover the frame, what stands out is cut off.
 * @throws SnowglobeError for pictures of no size, of too many pixels, or whose bytes do not fit their size
 */
export function promptFrame(prompt: PromptImage, width: number, height: number): Float32Array {
  const whole = [prompt.width, prompt.height].every((side) => Number.isInteger(side) && side >= 1);
  if (!whole) {
    throw new SnowglobeError(
      `prompt: a picture of ${prompt.width}x${prompt.height} pixels has nothing to start from; use one of at least 1x1.`,
    );
  }
  const { data } = toRgb(resize(imageOf(prompt.data, prompt.width, prompt.height), width, height));
  return pixelsOf(data);
}
