import type { Executor, ExecutorKind } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import * as v from 'valibot';
import type { Precision } from '@snowglobe/kernels';
import type { DeviceCandidate, DeviceDescription } from '../../devices/index.js';
import { chooseDevice } from '../../devices/index.js';
import { discoverDevices } from '../../devices/node/index.js';
import { createNodeOnnxExecutor } from '../../node/onnx.js';
import { choiceOption, given, readOptions, textOption } from '../../options.js';
import { executorOption, threadsOption } from '../../executor_options.js';
import { createReferenceExecutor } from '../../reference/reference.js';
import { findTuning } from '../../tuning/node/find_tuning.js';
import { chooseTuned } from '../../tuning/tuning.js';
import type { WebgpuExecutorOptions } from '../../webgpu/index.js';
import { createWebgpuExecutor } from '../../webgpu/index.js';

/** What an executor runs on. */
export interface OpenExecutorOptions {
  /** `auto` (default): `webgpu` on a GPU, else `onnx`. */
  readonly executor?: ExecutorKind | 'auto' | undefined;
  /** Part of the name of a WebGPU adapter; default `SNOWGLOBE_DEVICE`, else the best. */
  readonly device?: string | undefined;
  /** Threads of the `onnx` executor; default one a core. */
  readonly threads?: number | undefined;
  /** `f16`: matmuls on WebGPU may round their operands to half precision; default `f32`. */
  readonly precision?: Precision | undefined;
}

const schema = v.object({
  executor: executorOption,
  device: v.optional(textOption('device', 'use part of the name of one that `snowglobe devices` lists')),
  threads: threadsOption,
  precision: v.optional(choiceOption('precision', ['f32', 'f16']), 'f32'),
});

/** @throws SnowglobeError for options that make no sense */
export const readExecutorOptions = (options: OpenExecutorOptions): v.InferOutput<typeof schema> =>
  readOptions('executor', schema, options);

/** Opens the executor that was asked for, or the fastest one. @throws SnowglobeError when there is none of that kind */
export async function openExecutor(options: OpenExecutorOptions = {}): Promise<Executor> {
  const { executor, threads, precision, device: wanted } = readExecutorOptions(options);
  const device = wanted ?? (process.env['SNOWGLOBE_DEVICE'] || undefined);
  const onnx = () => createNodeOnnxExecutor(given({ threads }));
  if (executor === 'reference') return createReferenceExecutor();
  if (executor === 'onnx') return onnx();
  const named = executor === 'webgpu' || device !== undefined;
  // A software adapter is slower than `onnx`: only those who ask for WebGPU get one.
  const { candidates, notes } = await discoverDevices({ software: named ? 'all' : 'none' });
  const { chosen } = chooseDevice(candidates, device);
  if (chosen) return openAdapter(chosen, precision);
  if (!named) return onnx();
  throw new SnowglobeError(
    `webgpu: this machine has no adapter (${notes.join(' ') || 'none was found'}); use the onnx executor.`,
  );
}

/** The executor on an adapter, with the variants that were found fastest on it. */
export async function openAdapter(candidate: DeviceCandidate, precision: Precision): Promise<Executor> {
  // First what can fail without a device.
  const tuned = await tunedChoice(candidate.description, precision);
  return createWebgpuExecutor(await candidate.open(), tuned);
}

/** What `snowglobe tune` found for the adapter, or what comes with the program. A damaged file only costs speed: the bench reports it. */
async function tunedChoice(device: DeviceDescription, precision: Precision): Promise<WebgpuExecutorOptions> {
  const { tuning } = await findTuning(device);
  return { precision, ...(tuning && { chooseVariant: chooseTuned(tuning, precision) }) };
}
