import type { Graph, TensorSpec } from '@snowglobe/graph';
import { SnowglobeError, allocate, formatShape, sameShape, sizeOf } from '@snowglobe/graph';
import { quantizeWeights } from '@snowglobe/kernels';
import type { WorldConfig, WorldFile } from '@snowglobe/model';
import { buildPlay, deltaPositions, lastFrame, momentOf, playScope } from '@snowglobe/model';
import type { Executor, Program, ProgramStats, VariableStore } from '../executor.js';
import { chanceOf } from './chance.js';
import { bytesOf, worldWeights } from './weights.js';

/** Numbers, or packed words of a KV cache of few bits. */
export type StateValues = Float32Array | Uint32Array;

/** Everything that a session carries from frame to frame, by variable name. */
export type PlayState = ReadonlyMap<string, StateValues>;

/** How a session draws. */
export interface DrawOptions {
  readonly seed: number;
  readonly temperature: number;
  readonly certainty: number;
}

const isState = (name: string): boolean => name.startsWith(`${playScope}/`);

/**
 * The graph of a frame of the file's world, over weights as the file keeps them.
 * @throws SnowglobeError naming a weight that the file does not have
 */
export function checkWeights(file: WorldFile<WorldConfig>, source: string): Graph {
  const { formats, variables } = worldWeights(file, source);
  const { config, quantization } = file.metadata;
  const graph = quantizeWeights(buildPlay(config, { kvCache: quantization?.kvCache?.bits }), formats);
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
  return graph;
}

/** What one frame takes. */
export interface WorldStats extends ProgramStats {
  /** Bytes of the weights as the executor was given them: those in few bits are packed. */
  readonly weightBytes: number;
  /** Bytes that a session carries from frame to frame, most of them keys and values. */
  readonly stateBytes: number;
}

/** A world's frame compiled on one executor, with the state of one session at a time in it. */
export class Engine {
  readonly #store: VariableStore;
  readonly #program: Program;
  readonly #config: WorldConfig;
  readonly #states: ReadonlyMap<string, TensorSpec>;
  readonly #weightBytes: number;
  readonly #stateBytes: number;

  private constructor(
    readonly executor: Executor,
    graph: Graph,
    config: WorldConfig,
    store: VariableStore,
    program: Program,
  ) {
    this.#config = config;
    this.#store = store;
    this.#program = program;
    this.#states = new Map([...graph.variables].filter(([name]) => isState(name)));
    const bytes = (state: boolean): number =>
      [...graph.variables].reduce(
        (sum, [name, spec]) => sum + (isState(name) === state ? bytesOf(spec) : 0),
        0,
      );
    this.#weightBytes = bytes(false);
    this.#stateBytes = bytes(true);
  }

  /** @param file checked by `checkWeights`, which gave `graph` */
  static async create(executor: Executor, graph: Graph, file: WorldFile<WorldConfig>): Promise<Engine> {
    const store = executor.createStore();
    const { variables } = worldWeights(file, 'world');
    for (const [name, { shape, dtype }] of graph.variables) {
      if (isState(name)) continue;
      store.write(name, { shape, dtype }, variables.get(name)!.data);
    }
    const program = await executor.compile(graph, { store, freeze: true });
    return new Engine(executor, graph, file.metadata.config, store, program);
  }

  get stats(): WorldStats {
    return { ...this.#program.stats, weightBytes: this.#weightBytes, stateBytes: this.#stateBytes };
  }

  /** What a state of this world consists of. */
  get stateSpecs(): ReadonlyMap<string, TensorSpec> {
    return this.#states;
  }

  /** The state of a session that has just begun: nothing but its first frame (1, H, W, 3). */
  freshState(frame: Float32Array): PlayState {
    return new Map(
      [...this.#states].map(([name, { shape, dtype }]) => [
        name,
        name === lastFrame ? frame : (allocate(dtype, sizeOf(shape)) as StateValues),
      ]),
    );
  }

  /** @throws SnowglobeError when it is no state of this world */
  checkState(state: PlayState): void {
    for (const [name, { shape, dtype }] of this.#states) {
      const values = state.get(name);
      // Every word is four bytes, whatever it is.
      const fits =
        dtype === 'u32'
          ? values instanceof Uint32Array
          : values instanceof Float32Array && values.every(Number.isFinite);
      if (!fits || values!.length !== sizeOf(shape)) {
        const needed = dtype === 'u32' ? 'packed words' : 'finite numbers';
        throw new SnowglobeError(
          `snapshot: its '${name}' is not what this world needs (${formatShape(shape)} ${needed}); use a snapshot of this very world.`,
        );
      }
    }
    if (state.size !== this.#states.size) {
      throw new SnowglobeError(
        'snapshot: it has more than this world needs; use a snapshot of this very world.',
      );
    }
  }

  load(state: PlayState): void {
    for (const [name, spec] of this.#states) this.#store.write(name, spec, state.get(name)!);
  }

  async read(): Promise<PlayState> {
    const names = [...this.#states.keys()];
    const values = await Promise.all(names.map((name) => this.#store.read(name)));
    return new Map(names.map((name, i) => [name, values[i] as StateValues]));
  }

  /**
   * Draws frame `index` + 1 of the session whose state is loaded: (H, W, 3) in −1 … 1.
   * @param wish what the player wants, see `ActionTable`
   * @param withCodes also gives the frame's codes (N, K), which costs a readback
   */
  async draw(
    index: number,
    wish: Float32Array,
    { seed, temperature, certainty }: DrawOptions,
    withCodes: boolean,
  ): Promise<{ readonly frame: Float32Array; readonly codes?: Int32Array }> {
    const { refinementSteps, dynamics, delta, width, height } = this.#config;
    const codes = deltaPositions({ width, height }) * delta.books;
    const outputs = await this.#program.run(
      {
        wish,
        ...momentOf(index, dynamics),
        temperature: Float32Array.of(temperature),
        certainty: Float32Array.of(certainty),
        ...chanceOf(index, { seed, temperature, steps: refinementSteps, codes }),
      },
      withCodes ? ['frame', 'codes'] : ['frame'],
    );
    const frame = outputs['frame'] as Float32Array;
    return withCodes ? { frame, codes: outputs['codes'] as Int32Array } : { frame };
  }

  async close(): Promise<void> {
    await this.#program.close();
    await this.executor.close();
  }
}
