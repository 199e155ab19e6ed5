import { SnowglobeError } from '@snowglobe/graph';
import type { ContentMark } from '@snowglobe/media';
import { findContentMarks } from '@snowglobe/media';
import type { PromptImage } from '@snowglobe/runtime/browser';
import { imageSize } from 'image-size';
import { baseAddress } from './files.js';
import { watchPolicy, whyForbidden } from './why_not_loaded.js';

/** A picture to start from: its address, a file, pixels, or a picture that the page has: an image, a canvas, a bitmap. */
export type Prompt = string | URL | Blob | PromptImage | ImageData | CanvasImageSource;

const maxBytes = 64 * 2 ** 20;
const maxPixels = 64_000_000;
/** Larger pictures are shrunk by the browser before the world scales them to its own size. */
const maxSide = 256;
const kinds = 'give an address, a file, an image, a canvas, or RGBA bytes as { width, height, data }';

/** @throws SnowglobeError in one sentence for what is no picture, or far too large a one */
export async function readPrompt(prompt: Prompt): Promise<PromptImage> {
  if (typeof prompt === 'string' || prompt instanceof URL || prompt instanceof Blob) {
    const { bitmap, marks } = await decode(prompt, 'prompt');
    return { ...(await shrink(bitmap)), marks };
  }
  if (typeof prompt !== 'object' || prompt === null || Array.isArray(prompt)) {
    throw new SnowglobeError(`prompt: ${kindOf(prompt)} is no picture; ${kinds}.`);
  }
  if ('data' in prompt && 'width' in prompt && 'height' in prompt) return readPixels(prompt);
  return readShown(prompt);
}

/**
 * A picture to the last pixel, however large.
 * @param what it is for, for messages
 * @throws SnowglobeError in one sentence for what is no picture, or far too large a one
 */
export async function readWhole(picture: string | Blob, what: string): Promise<PromptImage> {
  const { bitmap } = await decode(picture, what);
  try {
    return pixelsOf(bitmap);
  } finally {
    bitmap.close();
  }
}

async function decode(
  picture: string | URL | Blob,
  what: string,
): Promise<{ readonly bitmap: ImageBitmap; readonly marks: readonly ContentMark[] }> {
  const file = picture instanceof Blob ? picture : await load(String(picture), what);
  const name = file instanceof File && file.name ? `'${file.name}'` : 'the picture';
  if (file.size > maxBytes) {
    throw new SnowglobeError(
      `${what}: ${name} has ${(file.size / 2 ** 20).toFixed(0)} MB, more than ${maxBytes / 2 ** 20}; scale it down first.`,
    );
  }
  const bytes = new Uint8Array(await file.arrayBuffer());
  const { width, height } = sizeOf(bytes, name, what);
  checkPixels(name, width, height, what);
  try {
    // Colours stay as they are in the file: the world was trained on plain numbers.
    const bitmap = await createImageBitmap(file, { colorSpaceConversion: 'none' });
    return { bitmap, marks: findContentMarks(bytes) };
  } catch (cause) {
    throw new SnowglobeError(
      `${what}: ${name} is damaged or of a kind that this browser cannot read; use a PNG.`,
      { cause },
    );
  }
}

/** Bytes as they are, where a world would not shrink them anyway. */
async function readPixels({ width, height, data, ...rest }: PromptImage | ImageData): Promise<PromptImage> {
  const { marks } = rest as Pick<PromptImage, 'marks'>;
  const name = 'the picture';
  for (const side of [width, height]) {
    if (Number.isInteger(side) && side >= 1) continue;
    throw new SnowglobeError(`prompt: a picture of ${width}x${height} pixels has nothing to start from.`);
  }
  checkPixels(name, width, height);
  // By name: they may come from another frame of the page.
  const type = Object.prototype.toString.call(data).slice(8, -1);
  if (type !== 'Uint8Array' && type !== 'Uint8ClampedArray') {
    throw new SnowglobeError(
      `prompt: its data is ${kindOf(data)}; give RGBA bytes, 0 to 255, as a Uint8Array or Uint8ClampedArray.`,
    );
  }
  const bytes = Uint8ClampedArray.from(data as Uint8Array);
  const pixels = width * height;
  if (bytes.length !== pixels * 4 && bytes.length !== pixels * 3) {
    throw new SnowglobeError(
      `prompt: ${bytes.length} bytes are no picture of ${width}x${height}; give ${pixels * 4}, four a pixel (RGBA).`,
    );
  }
  if (Math.min(width, height) <= maxSide && Math.max(width, height) <= maxSide * 4) {
    return { width, height, data: bytes, marks };
  }
  const rgba = bytes.length === pixels * 4 ? bytes : withAlpha(bytes);
  return { ...(await shrink(await createImageBitmap(new ImageData(rgba, width, height)))), marks };
}

/** A picture that the page has: as it is shown at this moment. */
async function readShown(source: CanvasImageSource): Promise<PromptImage> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(source, { colorSpaceConversion: 'none' });
  } catch (cause) {
    throw new SnowglobeError(
      cause instanceof TypeError
        ? `prompt: ${kindOf(source)} is no picture; ${kinds}.`
        : `prompt: ${kindOf(source)} has no picture in it yet; wait until it is loaded and drawn.`,
      { cause },
    );
  }
  try {
    return await shrink(bitmap);
  } catch (cause) {
    throw new SnowglobeError(
      `prompt: browsers let no page read ${kindOf(source)} with a picture of another host; load it with crossorigin="anonymous", or give its address.`,
      { cause },
    );
  }
}

/** What something is, in words: "an Array", "a Window", "a number". */
function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  const kind =
    typeof value === 'object' || typeof value === 'function'
      ? Object.prototype.toString.call(value).slice(8, -1)
      : typeof value;
  return `${/^([AEIO]|HTML|SVG)/i.test(kind) ? 'an' : 'a'} ${kind}`;
}

function checkPixels(name: string, width: number, height: number, what = 'prompt'): void {
  if (width * height <= maxPixels) return;
  throw new SnowglobeError(
    `${what}: ${name} is ${width}x${height}, more than ${maxPixels / 1e6} megapixels; scale it down first.`,
  );
}

async function load(address: string, what: string): Promise<Blob> {
  const failure = (reason: string, cause?: unknown): SnowglobeError =>
    new SnowglobeError(`${what}: ${address} cannot be loaded (${reason}); check the address.`, { cause });
  if (!URL.canParse(address, baseAddress())) throw failure('it is no address');
  const url = new URL(address, baseAddress());
  if (url.protocol === 'file:') {
    throw failure('browsers let no page read files: open it through a web server');
  }
  watchPolicy();
  try {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`the server says ${response.status}`);
    return await response.blob();
  } catch (cause) {
    throw (await whyForbidden(url.href)) ?? failure((cause as Error).message, cause);
  }
}

/** What the file says of its size, before a browser takes memory for it. Turned or not: pictures may say so apart. */
function sizeOf(bytes: Uint8Array, name: string, what: string): { width: number; height: number } {
  try {
    const { width, height } = imageSize(bytes);
    if (width >= 1 && height >= 1) return { width, height };
  } catch {
    // Told below: the library's words say nothing to a player.
  }
  throw new SnowglobeError(`${what}: ${name} is no picture that can be read; use a PNG, JPEG, WebP or GIF.`);
}

/**
 * The middle of a picture, at most as long as 4:1, since what lies further out is cut off in any case, and its shorter side
 * at most `maxSide`. By the size that it has when it stands upright: what its file says may be from before it is turned.
 */
async function shrink(bitmap: ImageBitmap): Promise<PromptImage> {
  const { width: whole, height: tall } = bitmap;
  const part = { width: Math.min(whole, tall * 4), height: Math.min(tall, whole * 4) };
  const scale = Math.min(1, maxSide / Math.min(part.width, part.height));
  const width = Math.max(1, Math.round(part.width * scale));
  const height = Math.max(1, Math.round(part.height * scale));
  const left = Math.floor((whole - part.width) / 2);
  const top = Math.floor((tall - part.height) / 2);
  let small = bitmap;
  try {
    if (width !== whole || height !== tall) {
      // Smoother than a canvas draws.
      small = await createImageBitmap(bitmap, left, top, part.width, part.height, {
        ...{ resizeWidth: width, resizeHeight: height, resizeQuality: 'high' },
      });
    }
    return pixelsOf(small);
  } finally {
    bitmap.close();
    small.close();
  }
}

function pixelsOf(bitmap: ImageBitmap): PromptImage {
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!;
  context.drawImage(bitmap, 0, 0);
  return { width, height, data: context.getImageData(0, 0, width, height).data };
}

function withAlpha(rgb: Uint8ClampedArray): Uint8ClampedArray<ArrayBuffer> {
  const rgba = new Uint8ClampedArray((rgb.length / 3) * 4).fill(255);
  for (let from = 0, to = 0; from < rgb.length; from += 3, to += 4)
    rgba.set(rgb.subarray(from, from + 3), to);
  return rgba;
}
