import type * as ort from 'onnxruntime-common';
import { simplify } from '@snowglobe/compiler';
import type { DType, Graph, Tensor, TensorData, Executor } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import { encodeOnnx } from '@snowglobe/kernels/internal';
import { checkInputs, requestedOutputs } from '../executor_checks.js';
import type { HostProgram } from '../host_executor.js';
import { createHostExecutor } from '../host_executor.js';
import type { HostStore } from '../host_store.js';
import { lowerToOnnx } from './lower.js';
import { writeRows } from './row_writes.js';

/** The part of ONNX Runtime's JavaScript API that we use: onnxruntime-node and onnxruntime-web both have it. */
export interface OnnxRuntime {
  readonly InferenceSession: ort.InferenceSessionFactory;
  readonly Tensor: ort.TensorConstructor;
}

/** How ONNX Runtime runs. */
export interface OnnxOptions {
  /** Threads of one operator. */
  readonly threads: number;
  /** Execution providers of ONNX Runtime, preferred first; default `['cpu']`. */
  readonly providers?: readonly string[] | undefined;
  /**
   * Microseconds that a thread keeps its core busy while it waits for work, before it sleeps; 0: it sleeps at once. Default: ONNX Runtime's; in Node 5. Beside
   * other programs threads that spin take the time of those that compute.
   */
  readonly spinMicroseconds?: number | undefined;
}

/** ONNX Runtime's names of types. */
export const tensorTypes = { f32: 'float32', i32: 'int32', u32: 'uint32' } as const satisfies Record<
  DType,
  string
>;

/** ONNX Runtime's words for it (onnxruntime_session_options_config_keys.h). */
const spinningFor = (microseconds: number) => ({
  session: {
    intra_op:
      microseconds > 0
        ? { allow_spinning: '1', spin_duration_us: String(microseconds) }
        : { allow_spinning: '0' },
  },
});

/** The same for all options of a session. */
export const sessionOptions = ({
  threads,
  providers = ['cpu'],
  spinMicroseconds,
}: OnnxOptions): ort.InferenceSession.SessionOptions => ({
  executionProviders: [...providers],
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
  graphOptimizationLevel: 'all',
  logSeverityLevel: 3,
  ...(spinMicroseconds !== undefined && { extra: spinningFor(spinMicroseconds) }),
});

/** The device in words. */
export const deviceOf = ({ threads, providers = ['cpu'] }: OnnxOptions): string =>
  `ONNX Runtime ${providers.join(', ')}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;

/** What a model is refused with that ONNX Runtime does not take. */
export const refusedModel = (cause: Error): SnowglobeError =>
  new SnowglobeError(`onnx: ONNX Runtime refused the model: ${cause.message}`, { cause });

/** Runs graphs as ONNX models: the fast path on CPUs. */
export function createOnnxExecutor(runtime: OnnxRuntime, options: OnnxOptions): Executor {
  return createHostExecutor({
    kind: 'onnx',
    device: deviceOf(options),
    compile: (graph, store, { freeze = false }) => compile(runtime, graph, store, { ...options, freeze }),
  });
}

async function compile(
  runtime: OnnxRuntime,
  source: Graph,
  store: HostStore,
  { freeze, ...options }: OnnxOptions & { readonly freeze: boolean },
): Promise<HostProgram> {
  const graph = simplify(source);
  const frozen = new Map<string, TensorData>();
  for (const [name, tensor] of graph.variables) {
    const value = store.value(name, tensor);
    if (freeze && !graph.assignments.has(name)) frozen.set(name, value);
  }
  const lowered = lowerToOnnx(graph, frozen);
  let session: ort.InferenceSession;
  try {
    session = await runtime.InferenceSession.create(encodeOnnx(lowered.model), sessionOptions(options));
  } catch (cause) {
    throw refusedModel(cause as Error);
  }

  const feed = (tensor: Tensor, data: TensorData): ort.Tensor =>
    new runtime.Tensor(tensorTypes[tensor.dtype], data as Float32Array, tensor.shape);

  async function run(
    inputs: Readonly<Record<string, TensorData>>,
    names?: readonly string[],
  ): Promise<Record<string, TensorData>> {
    checkInputs(graph, inputs);
    const requested = requestedOutputs(graph, names);
    const feeds: Record<string, ort.Tensor> = {};
    for (const [name, value] of lowered.inputs) feeds[value] = feed(graph.inputs.get(name)!, inputs[name]!);
    for (const [name, value] of lowered.variables) {
      const tensor = graph.variables.get(name)!;
      feeds[value] = feed(tensor, store.value(name, tensor));
    }
    const fetches = [
      ...requested.map((name) => lowered.outputs.get(name)!),
      ...lowered.assignments.values(),
      ...[...lowered.rowWrites.values()].flatMap(({ values, indices }) => [values, indices]),
    ];
    if (fetches.length === 0) return {};
    const results = await session.run(feeds, fetches);
    for (const [name, value] of lowered.assignments) store.replace(name, results[value]!.data as TensorData);
    for (const [name, { values, indices }] of lowered.rowWrites) {
      const [rows, places] = [results[values]!.data, results[indices]!.data] as [TensorData, TensorData];
      store.update(name, (table) =>
        writeRows(name, table, graph.variables.get(name)!.shape[1]!, rows, places),
      );
    }
    return Object.fromEntries(
      requested.map((name) => [name, results[lowered.outputs.get(name)!]!.data as TensorData]),
    );
  }

  return {
    stats: { submitsPerRun: 0, dispatchesPerRun: lowered.model.nodes.length, peakBytes: 0 },
    run,
    release: () => session.release(),
  };
}
