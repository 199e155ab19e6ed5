/** RGB bytes as the models' pixels: 0 … 255 -> −1 … 1. */
export function pixelsOf(bytes: ArrayLike<number>): Float32Array {
  return Float32Array.from(bytes, (byte) => byte / 127.5 - 1);
}

/** The models' pixels as RGB bytes: −1 … 1 -> 0 … 255. */
export function bytesOfPixels(pixels: Float32Array): Uint8Array {
  return Uint8Array.from(pixels, (value) => Math.round((value + 1) * 127.5));
}
