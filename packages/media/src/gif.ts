/// <reference path="./gifenc.d.ts" />
import { SnowglobeError } from '@snowglobe/graph';
import * as gifencModule from 'gifenc';
import { repeatPixels, toRgba, type Image } from './image.js';
import { joined } from './jpeg_header.js';
import type { ContentLabel } from './label/content_label.js';
import { asciiJson } from './label/content_label.js';
import { xmpPacket } from './label/xmp.js';

// The package is CommonJS to Node, which puts its exports under `default`, and an ES module to bundlers.
const { GIFEncoder, quantize, applyPalette } =
  'quantize' in gifencModule ? gifencModule : (gifencModule as { default: typeof gifencModule }).default;

/** How a GIF plays. */
export interface GifOptions {
  /** Frames a second that it plays at. */
  readonly fps: number;
  /** Enlarges by repeating pixels: an integer, 1 by default. */
  readonly scale?: number;
  /** What it says of how it came to be: as a comment and as XMP. Default: nothing. */
  readonly label?: ContentLabel | undefined;
}

/** Browsers play a shorter delay (in 1/100 s) as a tenth of a second. */
const SHORTEST_DELAY = 2;
/** What the format can say of a delay, in 1/100 s: 16 bits. */
const LONGEST_DELAY = 65_535;
/** What the format can say of a side. */
const LARGEST_SIDE = 65_535;

/**
 * Encodes frames as a GIF that loops for ever. Every frame has its own 256 colours.
 *
 * A GIF's delays are hundredths of a second: they are spread so that the whole plays at `fps` (15 is 7, 6, 7, 7, 6, ...);
 * above 50 frames a second, frames are left out, and below one in 655 seconds each is shown for 655.35 s.
 *
 * @param frames all of the same size, at least one; alpha is ignored
 * @throws SnowglobeError for no frames, frames of different sizes, or a rate or size that a GIF cannot have
 */
export function encodeGif(frames: Iterable<Image>, options: GifOptions): Uint8Array {
  const { fps, scale = 1, label } = options;
  if (!Number.isInteger(scale) || scale < 1) {
    throw new SnowglobeError(`GIF: the scale must be an integer of at least 1, got ${scale}`);
  }
  if (!(fps > 0) || fps > 1000)
    throw new SnowglobeError(`GIF: ${fps} is not a frame rate between 0 and 1000`);
  const gif = GIFEncoder();
  let size: { width: number; height: number } | undefined;
  // The frame that waits for the next one to know how long it is shown, and when it began, in 1/100 s.
  let pending: { image: Image; start: number } | undefined;
  let index = 0;
  for (const frame of frames) {
    size ??= { width: frame.width, height: frame.height };
    if (frame.width !== size.width || frame.height !== size.height) {
      throw new SnowglobeError(
        `GIF: frame ${index} is ${frame.width}x${frame.height}, the ones before are ${size.width}x${size.height}; resize them first`,
      );
    }
    if (Math.max(frame.width, frame.height) * scale > LARGEST_SIDE) {
      throw new SnowglobeError(
        `GIF: ${frame.width * scale}x${frame.height * scale} pixels are more than ${LARGEST_SIDE} a side; use a smaller scale than ${scale}`,
      );
    }
    const start = Math.round((index * 100) / fps);
    index += 1;
    if (pending !== undefined && start - pending.start < SHORTEST_DELAY) continue;
    if (pending !== undefined) write(pending.image, start - pending.start);
    pending = { image: frame, start };
  }
  if (pending === undefined)
    throw new SnowglobeError('GIF: there are no frames to encode; give at least one');
  write(pending.image, Math.max(SHORTEST_DELAY, Math.round((index * 100) / fps) - pending.start));
  gif.finish();
  const bytes = gif.bytes();
  return label ? joined([bytes.subarray(0, -1), labelBlocks(label), bytes.subarray(-1)]) : bytes;

  /** @param delay in 1/100 s */
  function write(image: Image, delay: number): void {
    // Colours are chosen before enlarging, which changes none of them.
    // A copy of its own: the library reads the whole buffer that lies under the pixels.
    const data = new Uint8Array(toRgba(image).data);
    const palette = quantize(data, 256);
    const indices = repeatPixels(applyPalette(data, palette), image.width, image.height, 1, scale);
    gif.writeFrame(indices, image.width * scale, image.height * scale, {
      palette,
      delay: Math.min(delay, LONGEST_DELAY) * 10,
    });
  }
}

const extension = 0x21;

/** A label as extensions, which stand before the trailer. */
function labelBlocks(label: ContentLabel): Uint8Array {
  const { software, description, aigc } = label;
  const comment = asciiJson({ Software: software, Description: description, ...(aigc && { AIGC: aigc }) });
  return joined([
    ...[Uint8Array.of(extension, 0xfe), subBlocks(new TextEncoder().encode(comment))],
    // The packet as it is; whoever takes its bytes for lengths is led to the end by what follows (XMP specification, part 3, 1.1.4).
    Uint8Array.of(extension, 0xff, 11, ...new TextEncoder().encode('XMP DataXMP')),
    new TextEncoder().encode(xmpPacket(label)),
    Uint8Array.of(1, ...Array.from({ length: 256 }, (_, i) => 255 - i), 0),
  ]);
}

/** Data as a GIF keeps it: pieces of up to 255 bytes, each after its length. */
function subBlocks(data: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < data.length; at += 255) {
    const part = data.subarray(at, at + 255);
    parts.push(Uint8Array.of(part.length), part);
  }
  return joined([...parts, Uint8Array.of(0)]);
}
