import type { Graph, TensorData, TensorSpec } from '@snowglobe/graph';
import { SnowglobeError, formatShape, sizeOf } from '@snowglobe/graph';

export type ExecutorKind = 'webgpu' | 'onnx' | 'reference';

/** Values of variables, shared by the programs that were compiled with the store. A variable never written is zero. */
export interface VariableStore {
  /** @throws SnowglobeError when the variable exists with another shape or type. */
  write(name: string, spec: TensorSpec, data: TensorData): void;
  /** A copy of the current value. @throws SnowglobeError when there is no such variable. */
  read(name: string): Promise<TensorData>;
  /** Whether it was written or assigned; a variable that a program merely reads is zero and not counted. */
  has(name: string): boolean;
  /** Shape and type of a variable. @throws SnowglobeError when there is no such variable. */
  spec(name: string): TensorSpec;
  /** The variables that `has` holds for. */
  names(): readonly string[];
  /** Frees all variables. Nothing can be done with them afterwards, nor with programs that were compiled with the store. */
  close(): void;
}

export interface CompileOptions {
  /** Where the program's variables live; a store of its own by default. */
  readonly store?: VariableStore;
  /**
   * Treat variables that the graph does not assign as constants with the value that they have now, so that weights
   * can be packed ahead. Default false.
   */
  readonly freeze?: boolean;
}

export interface ProgramStats {
  /** Queue submits of one run; 0 where the executor has no queue. */
  readonly submitsPerRun: number;
  /** Kernels (nodes, dispatches) of one run. */
  readonly dispatchesPerRun: number;
  /** Bytes of intermediate results held at once; 0 where the executor does not tell. */
  readonly peakBytes: number;
}

export interface Program {
  readonly stats: ProgramStats;
  readonly store: VariableStore;
  /**
   * Runs once: reads every input, computes the requested outputs (all by default) and every assignment.
   * @throws SnowglobeError for a missing, unknown or wrongly sized input.
   */
  run(
    inputs: Readonly<Record<string, TensorData>>,
    outputs?: readonly string[],
  ): Promise<Record<string, TensorData>>;
  /** Frees what it holds, and its store where it was compiled without one. Later runs reject; closing twice does nothing. */
  close(): Promise<void>;
}

/** Something that runs graphs. */
export interface Executor {
  readonly kind: ExecutorKind;
  /** The device in words: adapter name, CPU threads. */
  readonly device: string;
  /**
   * Resolves when the executor can be used no more: its device failed or was unplugged, or `close` was called. Every call
   * under way and every later one, those of its programs and stores included, fails with the same error.
   */
  readonly lost: Promise<SnowglobeError>;
  createStore(): VariableStore;
  compile(graph: Graph, options?: CompileOptions): Promise<Program>;
  /** Frees the device with all programs and stores; closing twice does nothing. */
  close(): Promise<void>;
}

/** The error that an executor was lost with, or undefined while it can be used. */
export function lossOf({ lost }: Pick<Executor, 'lost'>): Promise<SnowglobeError | undefined> {
  return Promise.race([lost, Promise.resolve(undefined)]);
}

export const closedProgram = (): SnowglobeError =>
  new SnowglobeError('run: the program is closed; compile the graph again.');

export const closedStore = (): SnowglobeError =>
  new SnowglobeError('variables: their store is closed; write them into a new one.');

/** Checks the inputs of a run against the graph's signature. */
export function checkInputs(graph: Graph, inputs: Readonly<Record<string, TensorData>>): void {
  for (const [name, tensor] of graph.inputs) {
    const data = inputs[name];
    if (!data)
      throw new SnowglobeError(`run: input '${name}' ${formatShape(tensor.shape)} is missing; pass it.`);
    if (data.length !== sizeOf(tensor.shape)) {
      throw new SnowglobeError(
        `run: input '${name}' has ${data.length} elements but its shape ${formatShape(tensor.shape)} holds ${sizeOf(tensor.shape)}.`,
      );
    }
  }
  for (const name of Object.keys(inputs)) {
    if (!graph.inputs.has(name)) {
      throw new SnowglobeError(
        `run: there is no input '${name}'; the graph has ${[...graph.inputs.keys()].join(', ')}.`,
      );
    }
  }
}

/** The graph's outputs that a run was asked for. */
export function requestedOutputs(graph: Graph, names: readonly string[] | undefined): readonly string[] {
  for (const name of names ?? []) {
    if (!graph.outputs.has(name)) {
      throw new SnowglobeError(
        `run: there is no output '${name}'; the graph has ${[...graph.outputs.keys()].join(', ')}.`,
      );
    }
  }
  return names ?? [...graph.outputs.keys()];
}

/** Checks that data fill a variable's shape and that its spec has not changed. */
export function checkVariable(
  name: string,
  spec: TensorSpec,
  data: TensorData,
  known: TensorSpec | undefined,
): void {
  if (data.length !== sizeOf(spec.shape)) {
    throw new SnowglobeError(
      `variable '${name}': ${data.length} values do not fill ${formatShape(spec.shape)}, which holds ${sizeOf(spec.shape)}.`,
    );
  }
  if (known && (known.dtype !== spec.dtype || formatShape(known.shape) !== formatShape(spec.shape))) {
    throw new SnowglobeError(
      `variable '${name}': exists as ${known.dtype} ${formatShape(known.shape)} and cannot become ${spec.dtype} ${formatShape(spec.shape)}.`,
    );
  }
}
