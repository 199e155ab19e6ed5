import { SnowglobeError } from '@snowglobe/graph';
import { chooseDevice } from '../../devices/index.js';
import { discoverDevices } from '../../devices/node/index.js';
import type { Executor, ExecutorKind } from '../../executor.js';
import { createNodeOnnxExecutor } from '../../node/onnx.js';
import { createReferenceExecutor } from '../../reference/reference.js';
import { createWebgpuExecutor } from '../../webgpu/index.js';

export interface OpenExecutorOptions {
  /** `auto` (default): `webgpu` on a GPU, else `onnx`. */
  readonly executor?: ExecutorKind | 'auto';
  /** Part of the name of a WebGPU adapter; default `SNOWGLOBE_DEVICE`, else the best. */
  readonly device?: string;
  /** Threads of the `onnx` executor; default one a core. */
  readonly threads?: number;
}

/** Opens the executor that was asked for, or the fastest one. @throws SnowglobeError when there is none of that kind */
export async function openExecutor(options: OpenExecutorOptions = {}): Promise<Executor> {
  const { executor = 'auto', threads } = options;
  const device = options.device ?? (process.env['SNOWGLOBE_DEVICE'] || undefined);
  const onnx = () => createNodeOnnxExecutor(threads === undefined ? {} : { threads });
  if (executor === 'reference') return createReferenceExecutor();
  if (executor === 'onnx') return onnx();
  const named = executor === 'webgpu' || device !== undefined;
  // A software adapter is slower than `onnx`: only those who ask for WebGPU get one.
  const { candidates, notes } = await discoverDevices({ software: named ? 'all' : 'none' });
  const { chosen } = chooseDevice(candidates, device);
  if (chosen) return createWebgpuExecutor(await chosen.open());
  if (!named) return onnx();
  throw new SnowglobeError(
    `webgpu: this machine has no adapter (${notes.join(' ') || 'none was found'}); use the onnx executor.`,
  );
}
