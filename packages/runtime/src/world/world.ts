import type { Graph, TensorSpec, Executor } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import { lossOf } from '@snowglobe/graph/internal';
import type { Readouts, Tiles, WorldFile, WorldMetadata } from '@snowglobe/model';
import { SerialQueue } from '../serial_queue.js';
import type { ActionTable } from './actions.js';
import { actionTable } from './actions.js';
import type { OpenExecutor, SessionSampling, WorldStats } from './engine.js';
import { Engine, checkWeights } from './engine.js';
import type { SessionHost, Snapshot } from './session.js';
import { Session, readSnapshot } from './session.js';
import type { Frame } from './frame.js';
import type { ImagineOptions, Imagined } from './imagine.js';
import { imagine, readWish } from './imagine.js';
import type { PromptImage } from './prompt.js';
import { promptFrame } from './prompt.js';
import type { StartOptions } from './start_options.js';
import { samplingOf, samplingOfSnapshot } from './start_options.js';
import { Readings } from './readings.js';
import { StateLayout } from './state.js';
import { Transaction, keptNow } from './transaction.js';
import { WorldViews } from './views.js';

/** Devices that one request may lose before it gives up; the next request tries anew. */
const mostLosses = 5;

type OpenEngine = () => Promise<Engine>;

/**
 * A world that is ready to be played, by several sessions side by side. All requests of all of them are carried out one after
 * the other, each as a whole or not at all.
 */
export class World {
  readonly metadata: WorldMetadata;
  /** SHA-256 of its file in hexadecimal digits; empty where it came from none. */
  readonly checksum: string;
  readonly actions: ActionTable;
  /** Of what tiles its frames are made; undefined where they are made of none. */
  readonly tiles: Tiles | undefined;
  /** Which numbers its frames tell, and when its game is over; undefined where they tell none. */
  readonly readouts: Readouts | undefined;
  /** Whether its sessions remember a map, see `Session.map`. */
  readonly hasMap: boolean;
  /** Words that it knows, the most frequent first, see `imagine`; none where it has learned of no captions. */
  readonly vocabulary: readonly string[];
  readonly #file: WorldFile;
  readonly #layout: StateLayout;
  readonly #views: WorldViews;
  readonly #readings: Readings | undefined;
  readonly #queue = new SerialQueue();
  /** Gone when the world is closed, and with it the weights. */
  #openEngine: OpenEngine | undefined;
  /** None after a device was lost, until the next request. */
  #engine: Engine | undefined;
  /** The session whose state is in the engine; the others keep theirs on the host until their turn. */
  #active: Session | undefined;
  #place!: Pick<Executor, 'kind' | 'device'>;
  #stats!: WorldStats;

  private constructor(
    file: WorldFile,
    layout: StateLayout,
    engine: Engine,
    openEngine: OpenEngine,
    checksum: string,
  ) {
    this.metadata = file.metadata;
    this.checksum = checksum;
    this.actions = actionTable(file);
    this.tiles = file.model.tiles;
    this.readouts = file.model.readouts;
    this.hasMap = file.model.map !== undefined;
    this.vocabulary = file.model.firstFrames?.vocabulary ?? [];
    this.#file = file;
    this.#layout = layout;
    this.#views = new WorldViews(file, layout);
    this.#readings = Readings.of(file, layout);
    this.#openEngine = openEngine;
    this.#use(engine);
  }

  /**
   * @param source the file in words, for messages
   * @param openExecutor called again when a device was lost. What it gives is the world's own, and is closed with it, or at once
   *   when the world does not run there
   * @param checksum SHA-256 of the file that it came from
   * @throws SnowglobeError when weights are missing or no executor can be opened
   */
  static async create(
    file: WorldFile,
    source: string,
    openExecutor: OpenExecutor,
    checksum = '',
  ): Promise<World> {
    const graph: Graph = checkWeights(file, source);
    const openEngine = (): Promise<Engine> => Engine.open(openExecutor, graph, file, mostLosses);
    return new World(file, new StateLayout(graph, file.model), await openEngine(), openEngine, checksum);
  }

  /** Where it runs, or ran last. */
  get executor(): Pick<Executor, 'kind' | 'device'> {
    return this.#place;
  }

  /** What one frame takes. */
  get stats(): WorldStats {
    return this.#stats;
  }

  /** What the state of a session consists of, by name. */
  get stateSpecs(): ReadonlyMap<string, TensorSpec> {
    return this.#layout.specs;
  }

  /** Begins a session. @throws SnowglobeError for a prompt or options that make no sense */
  async start(options: StartOptions): Promise<Session> {
    this.#check();
    const sampling = samplingOf(options, this.metadata);
    const { width, height } = this.metadata.config;
    const frame = promptFrame(await this.#promptOf(options, sampling), width, height);
    return new Session(this.#host, { index: 0, state: this.#layout.fresh(frame) }, sampling);
  }

  async #promptOf({ prompt, text }: StartOptions, { seed }: SessionSampling): Promise<PromptImage> {
    if (text === undefined) return prompt as PromptImage;
    if (prompt !== undefined) {
      throw new SnowglobeError('start: a prompt and a text were given; begin with one of them.');
    }
    const { frames } = await this.imagine(text, { seed });
    const { width, height, rgba: data } = frames[0]!;
    return { width, height, data };
  }

  /**
   * First frames that show what a text says, those first in which most of it holds; any of them is a prompt.
   * @throws SnowglobeError where the world knows no words, or none of these; for a text that is too long, and bad options
   */
  async imagine(text: string, options: ImagineOptions = {}): Promise<Imagined> {
    this.#check();
    const wish = readWish(this.#file, text, options);
    return this.#queue.add(() => this.#onDevice((engine) => imagine(engine, this.#file, wish)));
  }

  /**
   * A picture as a session would see it that began with it: of frames that are made of tiles the nearest ones, with their codes.
   * @throws SnowglobeError for what is no picture
   */
  preview(prompt: PromptImage): Frame {
    return this.#views.preview(prompt);
  }

  /** Begins a session where another one was. @throws SnowglobeError when it is no snapshot of this world */
  async resume(snapshot: Snapshot): Promise<Session> {
    this.#check();
    const kept = readSnapshot(snapshot, this.#layout);
    return new Session(this.#host, kept, samplingOfSnapshot(snapshot));
  }

  /**
   * Ends all sessions and frees the device. What they asked for before is still done, as long as the device lives; whatever is
   * asked later rejects. Closing twice does nothing.
   */
  close(): Promise<void> {
    return this.#queue.close(new SnowglobeError('world: it was closed; open it again.'), async () => {
      const engine = this.#engine;
      this.#openEngine = undefined;
      this.#engine = undefined;
      this.#active = undefined;
      await engine?.close();
    });
  }

  readonly #host: SessionHost = (() => {
    const world = this;
    return {
      get size() {
        return world.metadata.config;
      },
      get layout() {
        return world.#layout;
      },
      get views() {
        return world.#views;
      },
      get readings() {
        return world.#readings;
      },
      transact: (session, work) => {
        const started = performance.now();
        return this.#queue.add(() =>
          this.#onDevice((engine) => this.#transact(engine, session, started, work)),
        );
      },
      release: (session) => {
        const forget = async (): Promise<void> => {
          if (this.#active === session) this.#active = undefined;
          session.commit({ kept: new Map(), keptIndex: session.index, since: [], game: 'endless' });
        };
        return this.#queue.refusal ? this.close().then(forget, forget) : this.#queue.add(forget);
      },
    };
  })();

  /** Does `work` on the device, and all of it again on another one when it is lost. */
  async #onDevice<T>(work: (engine: Engine) => Promise<T>): Promise<T> {
    for (let losses = 1; ; losses++) {
      const engine = this.#engine ?? (await this.#reopen());
      try {
        return await work(engine);
      } catch (error) {
        const loss = await lossOf(engine.executor);
        if (!loss) throw error;
        this.#engine = undefined;
        this.#active = undefined;
        await engine.close().catch(() => {});
        if (losses === mostLosses) {
          throw new SnowglobeError(
            `session: the device was lost ${losses} times in one request, and nothing was changed by it (${loss.message}); ask again, or open the world on another executor.`,
            { cause: loss },
          );
        }
      }
    }
  }

  async #reopen(): Promise<Engine> {
    // A device that is lost while the world is being closed is not followed by another one.
    if (this.#queue.refusal) throw this.#queue.refusal;
    const engine = await this.#openEngine!();
    this.#use(engine);
    return engine;
  }

  #use(engine: Engine): void {
    const { kind, device } = engine.executor;
    this.#engine = engine;
    this.#place = { kind, device };
    this.#stats = engine.stats;
  }

  async #transact<T>(
    engine: Engine,
    session: Session,
    started: number,
    work: (transaction: Transaction) => Promise<T>,
  ): Promise<T> {
    const transaction = new Transaction({
      ...{ engine, started, log: session.log, sampling: session.sampling, size: this.metadata.config },
      readings: this.#readings,
      logitsOf: (action) => this.actions.logitsOf(action),
      isLoaded: this.#active === session,
      clear: () => this.#clear(engine),
    });
    let succeeded = false;
    try {
      const result = await work(transaction);
      const { log, commits } = await transaction.finish();
      // Nothing from here on can fail.
      succeeded = true;
      session.commit(log);
      for (const commit of commits) commit();
      return result;
    } finally {
      if (transaction.isLoaded(succeeded)) this.#active = session;
      else if (this.#active === session) this.#active = undefined;
    }
  }

  /** Takes the state of the active session out of the engine. */
  async #clear(engine: Engine): Promise<void> {
    const before = this.#active;
    this.#active = undefined;
    if (!before || before.log.since.length === 0) return;
    const { log } = before;
    // If it cannot be read, the session still has its last state, and what was done since.
    const kept = await engine.read().catch(() => undefined);
    if (kept) before.commit(keptNow(log, kept));
  }

  #check(): void {
    if (this.#queue.refusal) throw this.#queue.refusal;
  }
}
