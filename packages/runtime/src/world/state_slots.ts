import type { Executor, Graph, Program, TensorSpec, VariableStore } from '@snowglobe/graph';
import type { KvCacheBits, WorldModel } from '@snowglobe/model';
import type { SessionSampling } from './sampling.js';
import type { SessionState } from './state.js';

/** A session's next frame: a row of a batch. */
export interface StepRow {
  /** Where its state lies. */
  readonly slot: number;
  /** Frames since the prompt: the next one is `index` + 1. */
  readonly index: number;
  /** What the player wants, see `ActionTable`. */
  readonly actionLogits: Float32Array;
  /** What the world is told, one of its events. */
  readonly told?: string | undefined;
  readonly sampling: SessionSampling;
}

/** What a row gives. */
export interface Stepped {
  /** (H, W, 3) in −1 … 1 */
  readonly frame: Float32Array;
  readonly codes?: Int32Array;
}

/**
 * States of sessions on an executor, by slot, and the programs that step them. Calls do not overlap. One that fails while the device
 * lives has changed nothing.
 */
export interface StateSlots {
  /** Slots that there are. */
  readonly capacity: number;
  load(slot: number, state: SessionState): Promise<void>;
  /** @param names of variables */
  read(slot: number, names: readonly string[]): Promise<SessionState>;
  /** Of so many rows that want to be stepped, how many are stepped in one run. */
  rowsOf(wanted: number): number;
  /**
   * Samples the next frame of each row in one run.
   * @param rows in slots that differ, as many as `rowsOf` says, or one
   */
  step(rows: readonly StepRow[], withCodes: boolean): Promise<readonly Stepped[]>;
  /** Compiles what steps so many rows, where they are stepped together. */
  prepare(rows: number): Promise<void>;
  /** Frees programs and states. */
  close(): Promise<void>;
}

/** What states in slots need of their engine. */
export interface SlotsContext {
  readonly model: WorldModel;
  /** What the state of a session consists of on the executor. */
  readonly variables: ReadonlyMap<string, TensorSpec>;
  readonly kvCache: KvCacheBits | undefined;
  readonly executor: Pick<Executor, 'kind'>;
  /** Holds the weights. */
  readonly store: VariableStore;
  /** Compiles a graph of the world over the store, with weights as the file keeps them. */
  compile(graph: Graph): Promise<Program>;
  /** Compiles a graph over states alone. */
  compileTables(graph: Graph): Promise<Program>;
}
