import type { Executor, ExecutorKind } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import type { DeviceCandidate } from '../devices/index.js';
import { messageOf } from '../devices/open.js';
import { createOnnxExecutor } from '../onnx/onnx.js';
import { createReferenceExecutor } from '../reference/reference.js';
import { tuningDatabase } from '../tuning/browser/tuning_database.js';
import type { TuningStore } from '../tuning/tuning.js';
import { chooseTuned } from '../tuning/tuning.js';
import { createWebgpuExecutor } from '../webgpu/index.js';
import type { BrowserExecutorOptions, BrowserExecutors, WebOnnxRuntime } from './executors.js';

/** Opens one of the executors that `findExecutors` found. @throws SnowglobeError when it is not available after all */
export async function openExecutor(
  kind: ExecutorKind,
  { reports, adapter, threads }: BrowserExecutors,
  options: BrowserExecutorOptions,
): Promise<Executor> {
  const report = reports.find((each) => each.kind === kind);
  if (!report?.available) {
    throw new SnowglobeError(`${kind}: ${report?.reason ?? 'unknown'}; use another executor.`);
  }
  switch (kind) {
    case 'reference':
      return createReferenceExecutor();
    case 'webgpu':
      return openWebgpu(adapter!);
    case 'onnx':
      return openOnnx(options, threads);
  }
}

/** With what an earlier tuning of this page found; a damaged one, or none, only costs speed. */
async function openWebgpu(adapter: DeviceCandidate): Promise<Executor> {
  const tuning = await loadTuning(adapter).catch(() => undefined);
  return createWebgpuExecutor(await adapter.open(), tuning ? { chooseVariant: chooseTuned(tuning) } : {});
}

/** Rejects where there is no storage, as in sandboxed frames. */
async function loadTuning({ description }: DeviceCandidate): ReturnType<TuningStore['load']> {
  return tuningDatabase().load(description);
}

async function openOnnx({ loadOnnxRuntime }: BrowserExecutorOptions, threads: number): Promise<Executor> {
  checkWebAssembly();
  let runtime: WebOnnxRuntime;
  try {
    runtime = await loadOnnxRuntime!();
  } catch (cause) {
    if (cause instanceof SnowglobeError) throw cause;
    throw new SnowglobeError(
      `onnx: ONNX Runtime does not load (${messageOf(cause)}); check the network, and try again.`,
      { cause },
    );
  }
  runtime.env.wasm.numThreads = threads;
  return createOnnxExecutor(runtime, { threads, providers: ['wasm'] });
}

/** @throws SnowglobeError where the page's policy keeps it from compiling anything */
function checkWebAssembly(): void {
  const smallest = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  try {
    new WebAssembly.Module(smallest);
  } catch (cause) {
    throw new SnowglobeError(
      "this page's Content-Security-Policy forbids WebAssembly; add 'wasm-unsafe-eval' to its script-src.",
      { cause },
    );
  }
}
