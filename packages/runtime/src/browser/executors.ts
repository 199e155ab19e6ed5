import type * as ort from 'onnxruntime-common';
import * as v from 'valibot';
import { simd } from 'wasm-feature-detect';
import { borrowedCandidate, chooseDevice, discoverBrowserDevices } from '../devices/index.js';
import type { DeviceCandidate } from '../devices/index.js';
import type { OnnxRuntime } from '../onnx/onnx.js';
import { readOptions } from '../options.js';
import type { ExecutorReport } from '../world/executor_choice.js';
import { chooseExecutor } from '../world/executor_choice.js';
import { threadsOption } from '../executor_options.js';
import { isBrowser } from './is_browser.js';

/** onnxruntime-web, as far as it is used here. */
export interface WebOnnxRuntime extends OnnxRuntime {
  readonly env: ort.Env;
}

/** What a page brings for its executors. */
export interface BrowserExecutorOptions {
  /** Loads ONNX Runtime for the CPU: `() => import('onnxruntime-web/wasm')`. Without it there is no `onnx` executor. */
  readonly loadOnnxRuntime?: () => Promise<WebOnnxRuntime>;
  /** Default `navigator.gpu`; null is none. */
  readonly gpu?: GPU | null | undefined;
  /** Computes on this device in place of one of its own: see `borrowDevice`. */
  readonly device?: GPUDevice | undefined;
  /** Threads of the CPU; default one a core, at most 8, where the page is cross-origin isolated, else 1. */
  readonly threads?: number | undefined;
}

/** The executors of this browser. */
export interface BrowserExecutors {
  /** All of them, best first, and why each is chosen or not. */
  readonly reports: readonly ExecutorReport[];
  /** The adapter for `webgpu`. */
  readonly adapter: DeviceCandidate | undefined;
  /** Threads for `onnx`. */
  readonly threads: number;
}

const schema = v.object({ threads: threadsOption });

/** More hardly help models of a few million parameters, and a page is not alone on its machine. */
const mostThreads = 8;

/** Looks at what the browser can do; nothing large is loaded yet. */
export async function findExecutors(options: BrowserExecutorOptions = {}): Promise<BrowserExecutors> {
  const { threads: wanted } = readOptions('executors', schema, options);
  const gpu = options.gpu === undefined ? globalThis.navigator?.gpu : options.gpu;
  const { device } = options;
  const candidates = device
    ? [borrowedCandidate(device)]
    : (await discoverBrowserDevices(gpu ?? undefined)).candidates;
  const { chosen, reports } = chooseDevice(candidates, undefined);
  const { threads, why } = threadsOf(wanted);
  const found = {
    adapter: reports.find((report) => report.chosen),
    onnx: await findOnnx(options, threads, why),
  };
  return { reports: chooseExecutor(found), adapter: chosen, threads };
}

function threadsOf(wanted: number | undefined): { readonly threads: number; readonly why: string } {
  if (!isBrowser())
    return { threads: 1, why: ', as ONNX Runtime for WebAssembly starts threads in browsers only' };
  if (!globalThis.crossOriginIsolated)
    return { threads: 1, why: ', as the page is not cross-origin isolated' };
  const cores = globalThis.navigator?.hardwareConcurrency ?? 1;
  return { threads: wanted ?? Math.min(mostThreads, cores), why: '' };
}

async function findOnnx(
  { loadOnnxRuntime }: BrowserExecutorOptions,
  threads: number,
  why: string,
): Promise<{ readonly device: string } | { readonly failure: string }> {
  if (!loadOnnxRuntime) return { failure: 'ONNX Runtime is not part of this page' };
  if (!(await simd())) return { failure: 'there is no WebAssembly SIMD here' };
  return { device: `this CPU, ${threads} ${threads === 1 ? 'thread' : 'threads'}${why}` };
}
