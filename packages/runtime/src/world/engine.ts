import type { Graph, TensorSpec } from '@snowglobe/graph';
import { SnowglobeError, formatShape, sameShape, sizeOf } from '@snowglobe/graph';
import { quantizeWeights } from '@snowglobe/kernels';
import type { WorldConfig, WorldFile } from '@snowglobe/model';
import { buildPlay, deltaPositions, lastFrame, momentOf, playScope } from '@snowglobe/model';
import type { Executor, Program, ProgramStats, VariableStore } from '../executor.js';
import { chanceOf } from './chance.js';
import { bytesOf, worldWeights } from './weights.js';

/** Everything that a session carries from frame to frame, by variable name. */
export type PlayState = ReadonlyMap<string, Float32Array>;

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
  const graph = quantizeWeights(buildPlay(file.metadata.config), formats);
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
}

/** A world's frame compiled on one executor, with the state of one session at a time in it. */
export class Engine {
  readonly #store: VariableStore;
  readonly #program: Program;
  readonly #config: WorldConfig;
  readonly #states: ReadonlyMap<string, TensorSpec>;
  readonly #weightBytes: number;

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
    const weights = [...graph.variables].filter(([name]) => !isState(name));
    this.#weightBytes = weights.reduce((sum, [, spec]) => sum + bytesOf(spec), 0);
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
    return { ...this.#program.stats, weightBytes: this.#weightBytes };
  }

  /** The state of a session that has just begun: nothing but its first frame (1, H, W, 3). */
  freshState(frame: Float32Array): PlayState {
    return new Map(
      [...this.#states].map(([name, { shape }]) => [
        name,
        name === lastFrame ? frame : new Float32Array(sizeOf(shape)),
      ]),
    );
  }

  /** @throws SnowglobeError when it is no state of this world */
  checkState(state: PlayState): void {
    for (const [name, { shape }] of this.#states) {
      const values = state.get(name);
      const fits =
        values instanceof Float32Array && values.length === sizeOf(shape) && values.every(Number.isFinite);
      if (!fits) {
        throw new SnowglobeError(
          `snapshot: its '${name}' is not what this world needs (${formatShape(shape)} finite numbers); use a snapshot of this very world.`,
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
    return new Map(names.map((name, i) => [name, Float32Array.from(values[i]!)]));
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
