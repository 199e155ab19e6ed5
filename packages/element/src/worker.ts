/** Where a world runs in a browser: beside the page, which only draws. */
import type { WebOnnxRuntime } from '@snowglobe/runtime/browser';
import { hostWorld, openWorld, portChannel } from '@snowglobe/runtime/browser';

const onnxFolder = new URL('./ort/', import.meta.url);

async function loadOnnxRuntime(): Promise<WebOnnxRuntime> {
  // Not a bare import: bundlers would pack megabytes that most visits never need.
  const address = new URL('ort.wasm.bundle.min.mjs', onnxFolder).href;
  const runtime = (await import(/* @vite-ignore */ address)) as WebOnnxRuntime;
  runtime.env.wasm.wasmPaths = { wasm: new URL('ort-wasm-simd-threaded.wasm', onnxFolder).href };
  return runtime;
}

hostWorld(portChannel(globalThis as unknown as Parameters<typeof portChannel>[0]), {
  async open({ world: address, executor = 'auto' }, onProgress) {
    const { world, executors } = await openWorld(address, { executor, loadOnnxRuntime, onProgress });
    return { world, executors, release: () => world.close() };
  },
  onBug: (error) => console.error(error),
});
