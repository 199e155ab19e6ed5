/**
 * Pixels that a world is drawn of are bytes from a video. In memory they are floats in −1 … 1, as a model sees them; in a file they
 * are U8, a quarter of the size and nothing lost.
 */
import { pixelsOf } from '../pixels.js';
import type { FileTensor } from './safetensors.js';

/** Smaller tensors stay as they are: nothing would be won, and what they are stays legible. */
const leastPixels = 1024;

/** Every byte as a model's pixel. */
const pixels = pixelsOf(Uint8Array.from({ length: 256 }, (_, byte) => byte));

/**
 * The bytes whose `pixelsOf` gives these floats, all of them exactly.
 * @returns undefined where there are none, or too few to matter
 */
export function bytesOfExactPixels(data: Float32Array): Uint8Array | undefined {
  if (data.length < leastPixels) return undefined;
  const bytes = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const byte = Math.round((data[i]! + 1) * 127.5);
    if (pixels[byte] !== data[i]) return undefined;
    bytes[i] = byte;
  }
  return bytes;
}

/** Tensors as a file keeps them: exact pixels as bytes. */
export function withPixelsAsBytes(tensors: ReadonlyMap<string, FileTensor>): Map<string, FileTensor> {
  return new Map(
    [...tensors].map(([name, tensor]): [string, FileTensor] => {
      const bytes = tensor.dtype === 'F32' ? bytesOfExactPixels(tensor.data) : undefined;
      return [name, bytes ? { dtype: 'U8', shape: tensor.shape, data: bytes } : tensor];
    }),
  );
}

/** Tensors as programs use them: bytes as pixels. */
export function withBytesAsPixels(tensors: ReadonlyMap<string, FileTensor>): Map<string, FileTensor> {
  return new Map(
    [...tensors].map(([name, tensor]): [string, FileTensor] => [
      name,
      tensor.dtype === 'U8' ? { dtype: 'F32', shape: tensor.shape, data: pixelsOf(tensor.data) } : tensor,
    ]),
  );
}
