/** Where a world runs in a browser: beside the page, which only draws. */
import type { WebOnnxRuntime } from '@snowglobe/runtime/browser';
import { hostWorld, openWorld, portChannel } from '@snowglobe/runtime/browser';
import { watchPolicy, whyForbidden, whyNotLoaded } from './why_not_loaded.js';

// The page knows where the files of ONNX Runtime are: a bundler may have given them other names.
const here = import.meta.url;
const addresses = new URLSearchParams(new URL(here).hash.slice(1));
// Without the page's word: where they lie beside this file. No literal, as bundlers would make copies of their own.
const addressOf = (name: string, file: string): string =>
  addresses.get(name) ?? new URL('ort/' + file, here).href;
const script = addressOf('onnx', 'ort.wasm.min.js');
const wasmPaths = {
  mjs: addressOf('onnxThread', 'ort-wasm-simd-threaded.mjs'),
  wasm: addressOf('onnxWasm', 'ort-wasm-simd-threaded.wasm'),
};

watchPolicy();

async function loadOnnxRuntime(): Promise<WebOnnxRuntime> {
  let runtime: WebOnnxRuntime;
  try {
    runtime = (await import(/* @vite-ignore */ /* webpackIgnore: true */ script)) as WebOnnxRuntime;
  } catch (cause) {
    throw (await whyNotLoaded(script)) ?? cause;
  }
  runtime.env.wasm.wasmPaths = wasmPaths;
  const create = runtime.InferenceSession.create as (...given: unknown[]) => Promise<never>;
  return {
    Tensor: runtime.Tensor,
    env: runtime.env,
    InferenceSession: {
      // The first session loads the rest; what ONNX Runtime says when that is not there names no address.
      create: async (...given: unknown[]) => {
        try {
          return await create.apply(runtime.InferenceSession, given);
        } catch (cause) {
          throw (await whyNotLoaded(wasmPaths.mjs)) ?? (await whyNotLoaded(wasmPaths.wasm)) ?? cause;
        }
      },
    } as unknown as WebOnnxRuntime['InferenceSession'],
  };
}

hostWorld(portChannel(globalThis as unknown as Parameters<typeof portChannel>[0]), {
  async open({ world: address, executor = 'auto' }, onProgress) {
    const options = { executor, loadOnnxRuntime, onProgress };
    const { world, executors } = await openWorld(address, options).catch(async (error: unknown) => {
      throw (await whyForbidden(address)) ?? error;
    });
    return { world, executors, release: () => world.close() };
  },
  onBug: (error) => console.error(error),
});
