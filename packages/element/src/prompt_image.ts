import { SnowglobeError } from '@snowglobe/graph';
import type { PromptImage } from '@snowglobe/runtime/browser';
import { imageSize } from 'image-size';

/** A picture to start from: its address, a file, or pixels. */
export type Prompt = string | Blob | PromptImage;

const maxBytes = 64 * 2 ** 20;
const maxPixels = 64_000_000;
/** Larger pictures are shrunk by the browser, off the main thread, before the world scales them to its own size. */
const maxSide = 256;

/** @throws SnowglobeError in one sentence for what is no picture, or far too large a one */
export async function readPrompt(prompt: Prompt): Promise<PromptImage> {
  if (typeof prompt === 'string') return readPrompt(await load(prompt));
  if (!(prompt instanceof Blob)) return prompt;
  const name = prompt instanceof File && prompt.name ? `'${prompt.name}'` : 'the picture';
  if (prompt.size > maxBytes) {
    throw new SnowglobeError(
      `prompt: ${name} has ${(prompt.size / 2 ** 20).toFixed(0)} MB, more than ${maxBytes / 2 ** 20}; scale it down first.`,
    );
  }
  const { width, height } = await sizeOf(prompt, name);
  if (width * height > maxPixels) {
    throw new SnowglobeError(
      `prompt: ${name} is ${width}x${height}, more than ${maxPixels / 1e6} megapixels; scale it down first.`,
    );
  }
  const bitmap = await decode(prompt, name, width, height);
  try {
    return pixelsOf(bitmap);
  } finally {
    bitmap.close();
  }
}

async function load(address: string): Promise<Blob> {
  try {
    const response = await fetch(address);
    if (!response.ok) throw new Error(`the server says ${response.status}`);
    return await response.blob();
  } catch (cause) {
    throw new SnowglobeError(
      `prompt: ${address} cannot be loaded (${(cause as Error).message}); check the address.`,
      { cause },
    );
  }
}

/** What the file says of its size, before a browser takes memory for it. */
async function sizeOf(blob: Blob, name: string): Promise<{ width: number; height: number }> {
  try {
    const { width, height } = imageSize(new Uint8Array(await blob.arrayBuffer()));
    if (width >= 1 && height >= 1) return { width, height };
  } catch {
    // Told below: the library's words say nothing to a player.
  }
  throw new SnowglobeError(`prompt: ${name} is no picture that can be read; use a PNG, JPEG, WebP or GIF.`);
}

async function decode(blob: Blob, name: string, width: number, height: number): Promise<ImageBitmap> {
  const scale = maxSide / Math.min(width, height);
  try {
    // Colours stay as they are in the file: the world was trained on plain numbers.
    return await createImageBitmap(blob, {
      colorSpaceConversion: 'none',
      ...(Math.max(width, height) > maxSide && scale < 1
        ? {
            resizeWidth: Math.round(width * scale),
            resizeHeight: Math.round(height * scale),
            resizeQuality: 'high',
          }
        : {}),
    });
  } catch (cause) {
    throw new SnowglobeError(
      `prompt: ${name} is damaged or of a kind that this browser cannot read; use a PNG.`,
      {
        cause,
      },
    );
  }
}

/** The middle of a picture, at most as long as 2:1: what lies further out is cut off in any case. */
function pixelsOf(bitmap: ImageBitmap): PromptImage {
  const width = Math.min(bitmap.width, bitmap.height * 4, 2048);
  const height = Math.min(bitmap.height, bitmap.width * 4, 2048);
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  context.drawImage(bitmap, (width - bitmap.width) / 2, (height - bitmap.height) / 2);
  const { data } = context.getImageData(0, 0, width, height);
  return { width, height, data };
}
