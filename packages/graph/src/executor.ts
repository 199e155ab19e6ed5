/** How graphs run: what executors of every kind have in common. The executors themselves are in the runtime. */
import type { TensorData } from './dtype.js';
import type { SnowglobeError } from './errors.js';
import type { Graph, TensorSpec } from './graph.js';

/** What a graph can run on: a GPU, ONNX Runtime, or loops in TypeScript. */
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
  /** Frees a variable, if there is one; programs that use it must be closed. */
  remove(name: string): void;
  /** Frees all variables. Nothing can be done with them afterwards, nor with programs that were compiled with the store. */
  close(): void;
}

/** How a graph is compiled. */
export interface CompileOptions {
  /** Where the program's variables live; a store of its own by default. */
  readonly store?: VariableStore;
  /**
   * Treat variables that the graph does not assign as constants with the value that they have now, so that weights
   * can be packed ahead. Default false.
   */
  readonly freeze?: boolean;
}

/** What one run takes. */
export interface ProgramStats {
  /** Queue submits of one run; 0 where the executor has no queue. */
  readonly submitsPerRun: number;
  /** Kernels (nodes, dispatches) of one run. */
  readonly dispatchesPerRun: number;
  /** Bytes of intermediate results held at once; 0 where the executor does not tell. */
  readonly peakBytes: number;
}

/** A graph that is compiled on an executor. */
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
  /** A store without variables, to be shared by programs. */
  createStore(): VariableStore;
  /** Makes a graph ready to run. @throws SnowglobeError for what it cannot run, or when it is closed or lost */
  compile(graph: Graph, options?: CompileOptions): Promise<Program>;
  /** Frees the device with all programs and stores; closing twice does nothing. */
  close(): Promise<void>;
}

/** The error that an executor was lost with, or undefined while it can be used. */
export function lossOf({ lost }: Pick<Executor, 'lost'>): Promise<SnowglobeError | undefined> {
  return Promise.race([lost, Promise.resolve(undefined)]);
}
