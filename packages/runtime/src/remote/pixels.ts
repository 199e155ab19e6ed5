/** The pixels of a frame as they travel. */
import { SnowglobeError } from '@snowglobe/graph';
import { toRgb, toRgba } from '@snowglobe/media';
import type { FrameSize } from '../world/frame.js';

/** `rgba` as they are drawn, `rgb` a quarter less, `png` a tenth or so for a millisecond of work on either side. */
export const frameFormats = ['rgba', 'rgb', 'png'] as const;
export type FrameFormat = (typeof frameFormats)[number];

/** A picture of three or four channels. */
export interface PixelImage extends FrameSize {
  readonly channels: 3 | 4;
  /** (height, width, channels) */
  readonly data: Uint8Array;
}
export type EncodePng = (image: PixelImage) => Uint8Array;
export type DecodePng = (file: Uint8Array) => FrameSize & {
  readonly channels: 3 | 4;
  readonly data: Uint8Array | Uint8ClampedArray;
};

type Bytes = Uint8Array | Uint8ClampedArray;
/** One of the three. */
export interface Pixels {
  readonly rgba?: Bytes | undefined;
  readonly rgb?: Bytes | undefined;
  readonly png?: Bytes | undefined;
}

/**
 * @param encodePng needed for `png`
 * @throws SnowglobeError where it is not there
 */
export function pixelsFor(
  format: FrameFormat,
  { width, height, rgba }: FrameSize & { readonly rgba: Uint8ClampedArray },
  encodePng: EncodePng | undefined,
): Pixels {
  if (format === 'rgba') return { rgba };
  const data = toRgb({ width, height, channels: 4, data: rgba }).data as Uint8Array;
  if (format === 'rgb') return { rgb: data };
  return { png: requirePng(encodePng, 'the other side writes')({ width, height, channels: 3, data }) };
}

/**
 * RGBA bytes of their own: what came in a message is a part of it, and would keep it whole.
 * @throws SnowglobeError for a PNG that cannot be read, or is of another size than the frame
 */
export function rgbaOf(
  { width, height, rgba, rgb, png }: FrameSize & Pixels,
  decodePng: DecodePng | undefined,
): Uint8ClampedArray {
  if (rgba) return new Uint8ClampedArray(rgba);
  let from: { readonly channels: 3 | 4; readonly data: Bytes } = {
    channels: 3,
    data: rgb ?? new Uint8Array(),
  };
  if (png) {
    const picture = requirePng(decodePng, 'this side reads')(new Uint8Array(png));
    if (picture.width !== width || picture.height !== height) {
      throw new SnowglobeError(
        `session: a frame of ${width}x${height} pixels came as a PNG of ${picture.width}x${picture.height}; connect anew.`,
      );
    }
    from = picture;
  }
  return new Uint8ClampedArray(toRgba({ width, height, ...from }).data);
}

function requirePng<T>(codec: T | undefined, who: string): T {
  if (codec) return codec;
  throw new SnowglobeError(`session: ${who} no PNG; ask for frames as 'rgb' or 'rgba'.`);
}
