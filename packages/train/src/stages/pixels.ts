/** RGB bytes as the model's pixels: 0 … 255 -> −1 … 1. */
export function pixelsOf(bytes: Uint8Array): Float32Array {
  return Float32Array.from(bytes, (byte) => byte / 127.5 - 1);
}
