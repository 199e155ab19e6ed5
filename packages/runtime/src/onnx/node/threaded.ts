import * as v from 'valibot';
import { simplify } from '@snowglobe/compiler';
import type { Executor, Graph, Tensor, TensorData } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import { encodeOnnx } from '@snowglobe/kernels/internal';
import { checkInputs, requestedOutputs } from '../../executor_checks.js';
import { threadsOption } from '../../executor_options.js';
import type { HostProgram } from '../../host_executor.js';
import { createStoredExecutor } from '../../host_executor.js';
import { readOptions } from '../../options.js';
import { lowerToOnnx } from '../lower.js';
import type { OnnxOptions } from '../onnx.js';
import { deviceOf, refusedModel, sessionOptions, tensorTypes } from '../onnx.js';
import { rowOutside } from '../row_writes.js';
import type { Fed, ProgramSignature } from './messages.js';
import { OutsideError, WorkerLink } from './worker_link.js';
import { WorkerStore } from './worker_store.js';

const schema = v.object({ threads: threadsOption });

/**
 * The `onnx` executor on onnxruntime-node, in a thread of its own: runs keep nobody waiting who has something else to do, such as another such executor. By
 * default it computes on that thread alone. A graph is lowered here; its model, with weights that are constants, and variables that change live there. It is
 * lost when its thread ends, which costs the process nothing else.
 * @throws SnowglobeError for options that make no sense
 */
export function createThreadedOnnxExecutor(options: Partial<OnnxOptions> = {}): Executor {
  const { threads = 1 } = readOptions('onnx', schema, options);
  const { providers, spinMicroseconds = 5 } = options;
  const onnx: OnnxOptions = { threads, providers, spinMicroseconds };
  const device = `${deviceOf(onnx)} of its own`;
  const link = new WorkerLink(device);
  // A program that nobody holds any more is freed, closed or not; so are variables.
  const collected = new FinalizationRegistry((program: number) => void freeProgram(link, program));
  let programs = 0;
  return createStoredExecutor<WorkerStore>({
    ...{ kind: 'onnx', device, lost: link.lost, release: () => link.close() },
    openStore: (check) => new WorkerStore(link, check),
    isOwn: (store): store is WorkerStore => store instanceof WorkerStore && store.belongsTo(link),
    async compile(graph, store, { freeze = false }) {
      const program = ++programs;
      const compiled = await compile(link, program, graph, store, { ...onnx, freeze });
      // The function is what those hold who can still run it.
      collected.register(compiled.run, program);
      return compiled;
    },
  });
}

async function compile(
  link: WorkerLink,
  program: number,
  source: Graph,
  store: WorkerStore,
  { freeze, ...options }: OnnxOptions & { readonly freeze: boolean },
): Promise<HostProgram> {
  const graph = simplify(source);
  const frozen = new Map<string, TensorData>();
  for (const [name, tensor] of graph.variables) {
    if (freeze && !graph.assignments.has(name)) frozen.set(name, await store.value(name, tensor));
    else store.declare(name, tensor);
  }
  // The model itself is not kept here.
  const { model, inputs, variables, outputs, assignments, rowWrites } = lowerToOnnx(graph, frozen);
  const bytes = encodeOnnx(model);
  const [inputNames, variableNames] = [[...inputs.keys()], [...variables.keys()]];
  const signature: ProgramSignature = {
    inputs: inputNames.map((name) => fed(inputs.get(name)!, graph.inputs.get(name)!)),
    variables: variableNames.map((name) => fed(variables.get(name)!, graph.variables.get(name)!)),
    assignments: [...assignments].map(([name, value]) => ({ of: variableNames.indexOf(name), value })),
    rowWrites: [...rowWrites].map(([name, { values, indices }]) => ({
      ...{ of: variableNames.indexOf(name), values, indices },
      width: graph.variables.get(name)!.shape[1]!,
    })),
  };
  try {
    const request = {
      what: 'compile',
      program,
      model: bytes,
      options: sessionOptions(options),
      signature,
    } as const;
    await link.ask(request, [bytes.buffer as ArrayBuffer]);
  } catch (cause) {
    if (cause instanceof SnowglobeError) throw cause;
    throw refusedModel(cause as Error);
  }

  return {
    stats: { submitsPerRun: 0, dispatchesPerRun: model.nodes.length, peakBytes: 0 },
    async run(given, names) {
      checkInputs(graph, given);
      const requested = requestedOutputs(graph, names);
      const lent = variableNames.map((name) => store.lend(name, graph.variables.get(name)!));
      const results = link.ask(
        {
          ...{ what: 'run', program, variables: lent },
          inputs: inputNames.map((name) => sendable(given[name]!)),
          outputs: requested.map((name) => outputs.get(name)!),
        },
        lent.flatMap(({ data }) => (data ? [data.buffer as ArrayBuffer] : [])),
      );
      const data = await results.catch((error: Error) => {
        throw runError(error, variableNames);
      });
      for (const name of graph.assignments.keys()) store.assigned(name);
      return Object.fromEntries(requested.map((name, i) => [name, data[i]!]));
    },
    release: () => freeProgram(link, program),
  };
}

const fed = (value: string, { dtype, shape }: Tensor): Fed => ({ value, type: tensorTypes[dtype], shape });

/** A part of a larger array would be sent with all of it. */
const sendable = (data: TensorData): TensorData =>
  data.byteLength === data.buffer.byteLength ? data : data.slice();

function runError(error: Error, variables: readonly string[]): Error {
  if (error instanceof OutsideError) return rowOutside(variables[error.of]!, error.index, error.rows);
  if (error instanceof SnowglobeError) return error;
  return new SnowglobeError(
    `onnx: ONNX Runtime could not run the model: ${error.message.replace(/\.$/, '')}; report it with the world and this sentence.`,
    { cause: error },
  );
}

/** A thread that has ended has nothing to free. */
async function freeProgram(link: WorkerLink, program: number): Promise<void> {
  await link.ask({ what: 'release', programs: [program], variables: [] }).catch(() => {});
}
