/**
 * The files beside this script. Each address is a literal, so that bundlers see it, copy the file, and put the new address
 * in its place. They are complete in themselves: to copy them is all that has to be done.
 */
export const files = {
  worker: () => new URL('./worker.js', import.meta.url).href,
  /** ONNX Runtime for the CPU, the script that its threads run, and what they compute with: loaded where there is no GPU. */
  onnx: () => new URL('./ort/ort.wasm.min.js', import.meta.url).href,
  onnxThread: () => new URL('./ort/ort-wasm-simd-threaded.mjs', import.meta.url).href,
  onnxWasm: () => new URL('./ort/ort-wasm-simd-threaded.wasm', import.meta.url).href,
} as const;

/** What addresses are relative to: the page, or in a worker its script. */
export const baseAddress = (): string | undefined =>
  globalThis.document?.baseURI ?? globalThis.location?.href;
