/** RGB bytes as the models' pixels: 0 … 255 -> −1 … 1. */
export function pixelsOf(bytes: ArrayLike<number>): Float32Array {
  return Float32Array.from(bytes, (byte) => byte / 127.5 - 1);
}
