import { isSlotTable, quantizeWeights } from '@snowglobe/compiler';
import type { Executor, Graph, Program, ProgramStats, TensorData, VariableStore } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import { formatShape, sameShape, lossOf } from '@snowglobe/graph/internal';
import type { WorldFile } from '@snowglobe/model';
import { isPlayState } from '@snowglobe/model/internal';
import type { Priority } from '../placing/place.js';
import { SerialQueue } from '../serial_queue.js';
import { SingleState } from './single_state.js';
import { SlottedStates } from './slotted_states.js';
import type { SessionState } from './state.js';
import { StateLayout } from './state.js';
import type { SlotsContext, StateSlots, StepRow, Stepped } from './state_slots.js';
import type { WorldWeights } from './weights.js';
import { bytesOf, worldWeights } from './weights.js';

/**
 * The graph of a frame of the file's world, over weights as the file keeps them.
 * @param batch worlds side by side, each at a frame of its own; default: a single one
 * @throws SnowglobeError naming a weight that the file does not have
 */
export function checkWeights(file: WorldFile, source: string, batch?: number): Graph {
  const { formats, variables } = worldWeights(file, source);
  const kvCache = file.metadata.quantization?.kvCache?.bits;
  const rows = batch === undefined ? {} : { batch, apart: true };
  const graph = quantizeWeights(file.model.frameGraph({ kvCache, ...rows }), formats);
  checkVariables(graph, variables, file, source);
  return graph;
}

/** Whether a variable holds state: of one world, or of many in slots. */
const isState = (name: string): boolean => isPlayState(name) || isSlotTable(name);

/** @throws SnowglobeError naming a weight of the graph that the file does not have */
function checkVariables(
  graph: Graph,
  variables: WorldWeights['variables'],
  file: WorldFile,
  source: string,
): void {
  for (const [name, { shape, dtype }] of graph.variables) {
    if (isState(name)) continue;
    const found = variables.get(name);
    if (!found || !sameShape(found.shape, shape) || found.dtype !== dtype) {
      const tensor = file.tensors.get(name);
      const has = tensor ? `${tensor.dtype} ${formatShape(tensor.shape)}` : 'nothing';
      const kind = dtype === 'f32' ? 'floating-point' : 'packed';
      throw new SnowglobeError(
        `${source}: its config needs '${name}' as ${kind} ${formatShape(shape)} and the file has ${has}; make the world again.`,
      );
    }
  }
}

/** What one frame takes. */
export interface WorldStats extends ProgramStats {
  /** Bytes of the weights as the executor was given them: those in few bits are packed. */
  readonly weightBytes: number;
  /** Bytes that a session carries from frame to frame, most of them keys and values. */
  readonly stateBytes: number;
}

/** Gives executors: the first one, and another one when a device was lost. */
export type OpenExecutor = () => Promise<Executor>;

/** Errors that come from what a device was asked to do, and not from those who asked. */
const deviceFaults = new WeakSet<object>();

/** Whether another device might do what failed with this error. */
export const isDeviceFault = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && deviceFaults.has(error);

async function onDevice<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (typeof error === 'object' && error !== null) deviceFaults.add(error);
    throw error;
  }
}

interface WantedStep {
  readonly row: StepRow;
  readonly priority: Priority;
  readonly since: number;
  readonly withCodes: boolean;
  resolve(stepped: Stepped): void;
  reject(error: unknown): void;
}

/** A world compiled on one executor, which is the engine's own, with the states of sessions in slots. What is asked of it takes turns. */
export class Engine {
  readonly executor: Executor;
  readonly stats: WorldStats;
  readonly #store: VariableStore;
  readonly #hasCodes: boolean;
  readonly #file: WorldFile;
  readonly #context: SlotsContext;
  /** Other graphs of the world than that of a frame, compiled when they are first run. */
  readonly #others = new Map<string, Promise<Program>>();
  readonly #turns = new SerialQueue();
  readonly #held = new Set<number>();
  /** Sizes of runs whose programs are there: the first run of each compiles it. */
  readonly #timed = new Set<number>();
  readonly #single: StateSlots;
  #slots: StateSlots;
  #wanted: WantedStep[] = [];
  /** Told how long a run of so many rows took. */
  onRun: (rows: number, ms: number) => void = () => {};

  private constructor(
    executor: Executor,
    graph: Graph,
    file: WorldFile,
    store: VariableStore,
    program: Program,
  ) {
    this.executor = executor;
    this.#file = file;
    this.#store = store;
    this.#hasCodes = graph.outputs.has('codes');
    this.#context = {
      ...{ executor, store, model: file.model, compile: (made) => this.#compile(made) },
      compileTables: (made) => executor.compile(made, { store }),
      variables: new StateLayout(graph, file.model).variables,
      kvCache: file.metadata.quantization?.kvCache?.bits,
    };
    this.#single = new SingleState(program, this.#context);
    this.#slots = this.#single;
    const bytes = (state: boolean): number =>
      [...graph.variables].reduce(
        (sum, [name, spec]) => sum + (isPlayState(name) === state ? bytesOf(spec) : 0),
        0,
      );
    this.stats = { ...program.stats, weightBytes: bytes(false), stateBytes: bytes(true) };
  }

  /**
   * Opens an executor and puts a world on it; on another one when the device is lost meanwhile. What was opened in vain is closed.
   * @param file checked by `checkWeights`, which gave `graph`
   * @throws SnowglobeError when no executor can be opened, or the world does not run there
   */
  static async open(
    openExecutor: OpenExecutor,
    graph: Graph,
    file: WorldFile,
    mostLosses: number,
  ): Promise<Engine> {
    for (let losses = 0; ;) {
      const executor = await openExecutor();
      try {
        return await Engine.#create(executor, graph, file);
      } catch (error) {
        const loss = await lossOf(executor);
        await executor.close().catch(() => {});
        if (!loss || ++losses >= mostLosses) throw error;
      }
    }
  }

  static async #create(executor: Executor, graph: Graph, file: WorldFile): Promise<Engine> {
    const store = executor.createStore();
    try {
      const { variables } = worldWeights(file, 'world');
      for (const [name, { shape, dtype }] of graph.variables) {
        if (isPlayState(name)) continue;
        store.write(name, { shape, dtype }, variables.get(name)!.data);
      }
      const program = await executor.compile(graph, { store, freeze: true });
      return new Engine(executor, graph, file, store, program);
    } catch (error) {
      store.close();
      throw error;
    }
  }

  /** Puts a state into a slot, of which there become as many as it takes. @param most that there will ever be */
  load(slot: number, state: SessionState, most: number): Promise<void> {
    const work = async (): Promise<void> => {
      if (slot >= this.#slots.capacity) await this.#grow(slot + 1, most);
      await this.#slots.load(slot, state);
      this.#held.add(slot);
    };
    return this.#turns.add(() => onDevice(work));
  }

  /** @param names of variables; default: all of the state */
  read(slot: number, names: readonly string[] = [...this.#context.variables.keys()]): Promise<SessionState> {
    return this.#turns.add(() => onDevice(() => this.#slots.read(slot, names)));
  }

  /** The state in a slot is not wanted any more. */
  drop(slot: number): void {
    this.#held.delete(slot);
  }

  /**
   * Samples the next frame of the session whose state is in the slot, together with those that are asked for at the same time, or while
   * the device is busy.
   * @param withCodes also gives the frame's codes, which costs a readback
   * @param priority batch work waits while others want a frame
   * @throws SnowglobeError where codes are wanted of a world that samples none
   */
  async step(row: StepRow, withCodes: boolean, priority: Priority = 'interactive'): Promise<Stepped> {
    if (withCodes && !this.#hasCodes) {
      throw new SnowglobeError(
        'step: frames of this world are not made of codes; step without asking for them.',
      );
    }
    return new Promise((resolve, reject) => {
      this.#wanted.push({ row, priority, since: performance.now(), withCodes, resolve, reject });
      if (this.#wanted.length === 1) this.#takeTurn();
    });
  }

  #takeTurn(): void {
    this.#turns
      .add(() => this.#stepWanted())
      .catch((error: unknown) => {
        for (const { reject } of this.#wanted.splice(0)) reject(error);
      });
  }

  async #stepWanted(): Promise<void> {
    // Whoever has just been served may be about to ask again.
    if (this.#held.size > this.#wanted.length) await nextTask();
    const first = firstOf(this.#wanted, performance.now());
    const now = first.slice(0, this.#slots.rowsOf(first.length));
    this.#wanted = this.#wanted.filter((each) => !now.includes(each));
    if (this.#wanted.length > 0) this.#takeTurn();
    try {
      await onDevice(() => this.#stepRows(now));
    } catch (error) {
      // One row must not take the others down: nothing has changed, so each is tried alone.
      const isAlone = now.length === 1 || (await lossOf(this.executor)) !== undefined;
      for (const each of now)
        await (isAlone ? Promise.reject(error) : onDevice(() => this.#stepRows([each]))).catch(each.reject);
    }
  }

  async #stepRows(wanted: readonly WantedStep[]): Promise<void> {
    const began = performance.now();
    const stepped = await this.#slots.step(
      wanted.map(({ row }) => row),
      wanted.some(({ withCodes }) => withCodes),
    );
    if (this.#timed.has(wanted.length)) this.onRun(wanted.length, performance.now() - began);
    this.#timed.add(wanted.length);
    wanted.forEach(({ resolve }, i) => resolve(stepped[i]!));
  }

  /** Makes room for so many states, and compiles what steps them together. @param most that there will ever be */
  async prepare(sessions: number, most: number): Promise<void> {
    // One at a time: whoever plays meanwhile waits for one of them.
    const inTurn = (work: () => Promise<void>): Promise<void> => this.#turns.add(() => onDevice(work));
    await inTurn(async () => {
      if (sessions > this.#slots.capacity) await this.#grow(sessions, most);
    });
    for (let rows = 2; rows <= sessions; rows *= 2) await inTurn(() => this.#slots.prepare(rows));
  }

  /** Makes room for at least so many states. */
  async #grow(count: number, most: number): Promise<void> {
    const before = this.#slots;
    const after = await SlottedStates.open(
      this.#context,
      this.#single,
      Math.min(most, Math.max(count, growth * before.capacity)),
    );
    const names = [...this.#context.variables.keys()];
    for (const slot of this.#held) await after.load(slot, await before.read(slot, names));
    this.#slots = after;
    if (before !== this.#single) await before.close();
  }

  /**
   * Runs another graph of the world over the same weights.
   * @param key tells graphs apart; each is made and compiled once
   * @throws SnowglobeError naming a weight that the file does not have
   */
  run(
    key: string,
    make: () => Graph,
    inputs: Readonly<Record<string, TensorData>>,
  ): Promise<Readonly<Record<string, TensorData>>> {
    const work = async (): Promise<Readonly<Record<string, TensorData>>> => {
      let program = this.#others.get(key);
      if (!program) {
        program = this.#compile(make());
        this.#others.set(key, program);
        // What failed once may succeed when it is asked for again.
        program.catch(() => this.#others.delete(key));
      }
      return (await program).run(inputs);
    };
    return this.#turns.add(() => onDevice(work));
  }

  async #compile(made: Graph): Promise<Program> {
    const { formats, variables } = worldWeights(this.#file, 'world');
    const graph = quantizeWeights(made, formats);
    checkVariables(graph, variables, this.#file, 'world');
    for (const [name, { shape, dtype }] of graph.variables) {
      if (!isState(name) && !this.#store.has(name))
        this.#store.write(name, { shape, dtype }, variables.get(name)!.data);
    }
    return this.executor.compile(graph, { store: this.#store, freeze: true });
  }

  /** Frees the executor and everything on it, whatever of it fails, when what was asked for is done. */
  close(): Promise<void> {
    return this.#turns.close(new SnowglobeError('world: its device was closed.'), async () => {
      try {
        const others = await Promise.allSettled(this.#others.values());
        for (const other of others) if (other.status === 'fulfilled') await other.value.close();
        if (this.#slots !== this.#single) await this.#slots.close();
        await this.#single.close();
      } finally {
        this.#store.close();
        await this.executor.close();
      }
    });
  }
}

/** For so long, in ms, batch work waits for others at most. */
const mostPatience = 1000;

/** Those who are stepped next: batch work alone when nobody else wants a frame, or when it has waited for long. */
function firstOf(wanted: readonly WantedStep[], now: number): readonly WantedStep[] {
  const first = wanted.filter(
    ({ priority, since }) => priority === 'interactive' || now - since > mostPatience,
  );
  return first.length > 0 ? first : wanted;
}

/** Resolves when messages that have arrived are dealt with. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

/** How many times as many slots there are when they do not suffice. */
const growth = 8;
