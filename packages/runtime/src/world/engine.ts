import { quantizeWeights } from '@snowglobe/compiler';
import type { Executor, Graph, Program, ProgramStats, TensorData, VariableStore } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import { formatShape, sameShape, lossOf } from '@snowglobe/graph/internal';
import type { WorldFile, WorldModel } from '@snowglobe/model';
import { isPlayState } from '@snowglobe/model/internal';
import type { SessionState, StateValues } from './state.js';
import { StateLayout } from './state.js';
import type { WorldWeights } from './weights.js';
import { bytesOf, worldWeights } from './weights.js';

/** How a session samples. */
export interface SessionSampling {
  readonly seed: number;
  readonly temperature: number;
  readonly confidenceThreshold: number;
  /** What follows on the end of a game, see `StartOptions.end`; absent where it begins anew. */
  readonly end?: 'continue' | undefined;
}

/**
 * The graph of a frame of the file's world, over weights as the file keeps them.
 * @throws SnowglobeError naming a weight that the file does not have
 */
export function checkWeights(file: WorldFile, source: string): Graph {
  const { formats, variables } = worldWeights(file, source);
  const kvCache = file.metadata.quantization?.kvCache?.bits;
  const graph = quantizeWeights(file.model.frameGraph({ kvCache }), formats);
  checkVariables(graph, variables, file, source);
  return graph;
}

/** @throws SnowglobeError naming a weight of the graph that the file does not have */
function checkVariables(
  graph: Graph,
  variables: WorldWeights['variables'],
  file: WorldFile,
  source: string,
): void {
  for (const [name, { shape, dtype }] of graph.variables) {
    if (isPlayState(name)) continue;
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

/** A world's frame compiled on one executor, which is the engine's own, with the state of one session at a time in it. */
export class Engine {
  readonly executor: Executor;
  readonly stats: WorldStats;
  readonly #store: VariableStore;
  readonly #program: Program;
  readonly #model: WorldModel;
  readonly #layout: StateLayout;
  readonly #hasCodes: boolean;
  readonly #file: WorldFile;
  /** Other graphs of the world than that of a frame, compiled when they are first run. */
  readonly #others = new Map<string, Promise<Program>>();

  private constructor(
    executor: Executor,
    graph: Graph,
    file: WorldFile,
    store: VariableStore,
    program: Program,
  ) {
    this.executor = executor;
    const { model } = file;
    this.#file = file;
    this.#model = model;
    this.#store = store;
    this.#program = program;
    this.#hasCodes = graph.outputs.has('codes');
    this.#layout = new StateLayout(graph, model);
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

  load(state: SessionState): void {
    for (const [name, spec] of this.#layout.variables) this.#store.write(name, spec, state.get(name)!);
  }

  /** @param names of variables; default: all of the state */
  async read(names: readonly string[] = [...this.#layout.variables.keys()]): Promise<SessionState> {
    const values = await Promise.all(names.map((name) => this.#store.read(name)));
    return new Map(names.map((name, i) => [name, values[i] as StateValues]));
  }

  /**
   * Samples frame `index` + 1 of the session whose state is loaded: (H, W, 3) in −1 … 1.
   * @param actionLogits what the player wants, see `ActionTable`
   * @param withCodes also gives the frame's codes, which costs a readback
   * @throws SnowglobeError where codes are wanted of a world that samples none
   */
  async step(
    index: number,
    actionLogits: Float32Array,
    { seed, temperature, confidenceThreshold }: SessionSampling,
    withCodes: boolean,
  ): Promise<{ readonly frame: Float32Array; readonly codes?: Int32Array }> {
    if (withCodes && !this.#hasCodes) {
      throw new SnowglobeError(
        'step: frames of this world are not made of codes; step without asking for them.',
      );
    }
    const outputs = await this.#program.run(
      this.#model.frameInputs(index, [actionLogits], { seeds: [seed], temperature, confidenceThreshold }),
      withCodes ? ['frame', 'codes'] : ['frame'],
    );
    const frame = outputs['frame'] as Float32Array;
    return withCodes ? { frame, codes: outputs['codes'] as Int32Array } : { frame };
  }

  /**
   * Runs another graph of the world over the same weights.
   * @param key tells graphs apart; each is made and compiled once
   * @throws SnowglobeError naming a weight that the file does not have
   */
  async run(
    key: string,
    make: () => Graph,
    inputs: Readonly<Record<string, TensorData>>,
  ): Promise<Readonly<Record<string, TensorData>>> {
    let program = this.#others.get(key);
    if (!program) {
      program = this.#compile(make());
      this.#others.set(key, program);
      // What failed once may succeed when it is asked for again.
      program.catch(() => this.#others.delete(key));
    }
    return (await program).run(inputs);
  }

  async #compile(made: Graph): Promise<Program> {
    const { formats, variables } = worldWeights(this.#file, 'world');
    const graph = quantizeWeights(made, formats);
    checkVariables(graph, variables, this.#file, 'world');
    for (const [name, { shape, dtype }] of graph.variables) {
      if (!this.#store.has(name)) this.#store.write(name, { shape, dtype }, variables.get(name)!.data);
    }
    return this.executor.compile(graph, { store: this.#store, freeze: true });
  }

  /** Frees the executor and everything on it, whatever of it fails. */
  async close(): Promise<void> {
    try {
      const others = await Promise.allSettled(this.#others.values());
      for (const other of others) if (other.status === 'fulfilled') await other.value.close();
      await this.#program.close();
    } finally {
      this.#store.close();
      await this.executor.close();
    }
  }
}
