import type { Graph, TensorSpec } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import type { WorldConfig, WorldFile, WorldMetadata } from '@snowglobe/model';
import type { Executor } from '../executor.js';
import type { ActionTable } from './actions.js';
import { actionTable } from './actions.js';
import type { DrawOptions, PlayState, WorldStats } from './engine.js';
import { Engine, checkWeights } from './engine.js';
import type { Snapshot } from './play.js';
import { Play, readSnapshot } from './play.js';
import type { PromptImage } from './prompt.js';
import { promptFrame } from './prompt.js';

export interface StartOptions {
  /** The first frame; pictures of another size are scaled to cover it. */
  readonly prompt: PromptImage;
  /** Decides everything that is left to chance; default 0. */
  readonly seed?: number;
  /** 0 always draws the likeliest, 1 what was learned, more is wilder; default: what the world says, else 1. */
  readonly temperature?: number;
  /** Details less likely than this (0 … 1) are left to a smooth guess; default: what the world says, else 0. */
  readonly certainty?: number;
}

/** Gives executors: the first one, and another one when a device was lost. */
export type OpenExecutor = () => Promise<Executor>;

/** A world that is ready to be played, by several sessions side by side. */
export class World {
  readonly metadata: WorldMetadata<WorldConfig>;
  readonly actions: ActionTable;
  readonly #file: WorldFile<WorldConfig>;
  readonly #graph: Graph;
  readonly #openExecutor: OpenExecutor;
  #engine: Engine;
  /** The session whose state is in the engine; the others keep theirs on the host until their turn. */
  #active: Play | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(
    file: WorldFile<WorldConfig>,
    graph: Graph,
    engine: Engine,
    openExecutor: OpenExecutor,
  ) {
    this.metadata = file.metadata;
    this.actions = actionTable(file.metadata);
    this.#file = file;
    this.#graph = graph;
    this.#engine = engine;
    this.#openExecutor = openExecutor;
  }

  /**
   * @param source the file in words, for messages
   * @throws SnowglobeError when weights are missing or no executor can be opened
   */
  static async create(
    file: WorldFile<WorldConfig>,
    source: string,
    openExecutor: OpenExecutor,
  ): Promise<World> {
    const graph = checkWeights(file, source);
    const engine = await Engine.create(await openExecutor(), graph, file);
    return new World(file, graph, engine, openExecutor);
  }

  /** Where it runs. */
  get executor(): Pick<Executor, 'kind' | 'device'> {
    return this.#engine.executor;
  }

  /** What one frame takes. */
  get stats(): WorldStats {
    return this.#engine.stats;
  }

  /** What the state of a session consists of, by name. */
  get stateSpecs(): ReadonlyMap<string, TensorSpec> {
    return this.#engine.stateSpecs;
  }

  /** Begins a session. @throws SnowglobeError for a prompt or options that make no sense */
  start({ prompt, seed = 0, ...options }: StartOptions): Promise<Play> {
    const { width, height } = this.metadata.config;
    const { temperature = 1, certainty = 0 } = { ...this.metadata.play, ...options };
    const draw = checkDraw({ seed, temperature, certainty });
    const frame = promptFrame(prompt, width, height);
    return Promise.resolve(new Play(this.#host, 0, this.#engine.freshState(frame), draw));
  }

  /** Begins a session where another one was. @throws SnowglobeError when it is no snapshot of this world */
  resume(snapshot: Snapshot): Promise<Play> {
    const { index, state, ...draw } = readSnapshot(snapshot);
    this.#engine.checkState(state);
    return Promise.resolve(new Play(this.#host, index, state, checkDraw(draw)));
  }

  /** Frees the device. Sessions cannot go on. */
  async close(): Promise<void> {
    await this.#queue.catch(() => {});
    await this.#engine.close();
  }

  readonly #host = {
    size: () => this.metadata.config,
    wishOf: (action: string | number): Float32Array => this.actions.wishOf(action),
    checkState: (state: PlayState): void => this.#engine.checkState(state),
    /** Runs `work` when the engine is free, with the session's state in it; moves to another device if one is lost. */
    use: <T>(play: Play, work: (engine: Engine) => Promise<T>): Promise<T> => {
      const result = this.#queue.then(async () => {
        try {
          await this.#activate(play);
          return await work(this.#engine);
        } catch (error) {
          if (!(await this.#hasLostDevice())) throw error;
          await this.#moveOn(play);
          await this.#activate(play);
          return await work(this.#engine);
        }
      });
      this.#queue = result.catch(() => {});
      return result;
    },
  };

  async #activate(play: Play): Promise<void> {
    if (this.#active === play && play.isLoaded) return;
    const before = this.#active;
    this.#active = undefined;
    if (before && before !== play) await before.park(this.#engine);
    await play.load(this.#engine);
    this.#active = play;
  }

  /** Whether the engine's executor cannot be used any more. */
  async #hasLostDevice(): Promise<boolean> {
    const { executor } = this.#engine;
    if (!('lost' in executor)) return false;
    const lost = executor.lost as Promise<unknown>;
    const notYet = new Promise<false>((resolve) => setTimeout(() => resolve(false), 50));
    return (await Promise.race([lost.then(() => true), notYet])) === true;
  }

  async #moveOn(play: Play): Promise<void> {
    this.#active?.unload();
    play.unload();
    this.#active = undefined;
    await this.#engine.close().catch(() => {});
    this.#engine = await Engine.create(await this.#openExecutor(), this.#graph, this.#file);
  }
}

function checkDraw(draw: DrawOptions): DrawOptions {
  const { seed, temperature, certainty } = draw;
  if (!Number.isInteger(seed) || Math.abs(seed) > 2 ** 31) {
    throw new SnowglobeError(`start: seed ${seed} is not a whole number of at most 2^31; choose one.`);
  }
  if (!(temperature >= 0 && temperature <= 100)) {
    throw new SnowglobeError(
      `start: temperature ${temperature} is out of range; use 0 to 100, usually 0 to 1.`,
    );
  }
  if (!(certainty >= 0 && certainty <= 1)) {
    throw new SnowglobeError(`start: certainty ${certainty} is out of range; use 0 to 1.`);
  }
  return draw;
}
