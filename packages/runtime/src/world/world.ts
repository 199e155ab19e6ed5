import type { Graph, TensorSpec, Executor } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import { lossOf } from '@snowglobe/graph/internal';
import type { Readouts, Tiles, WorldFile, WorldMetadata } from '@snowglobe/model';
import { Lanes } from '../lanes.js';
import type { ActionTable } from './actions.js';
import { actionTable } from './actions.js';
import type { OpenExecutor, WorldStats } from './engine.js';
import type { SessionSampling } from './sampling.js';
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
import { Residents } from './residents.js';
import { StateLayout } from './state.js';
import { Transaction, keptNow } from './transaction.js';
import { WorldViews } from './views.js';

/** Devices that one request may lose before it gives up; the next request tries anew. */
const mostLosses = 5;

type OpenEngine = () => Promise<Engine>;

/** An engine, and whose states are in it; the other sessions keep theirs on the host until they go on. */
interface Place {
  readonly engine: Engine;
  readonly residents: Residents<Session>;
}

/** Sessions whose states are on a device at most. */
const mostResidents = 64;

/** How a world is opened. */
export interface WorldOptions {
  /** SHA-256 of the file that it came from; default: none is told. */
  readonly checksum?: string | undefined;
  /**
   * Bytes that the states of sessions may take on the device, beyond which those that have been idle for longest wait on the host; one
   * is always there. Default 256 MiB.
   */
  readonly residentBytes?: number | undefined;
}

/**
 * A world that is ready to be played, by several sessions side by side. Requests of one session are carried out one after the other, each
 * as a whole or not at all; frames that several ask for at the same time are sampled together.
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
  /** What its sessions can be told while they are played, see `Session.tell`; nothing where it has learned of no events. */
  readonly events: readonly string[];
  readonly #file: WorldFile;
  readonly #layout: StateLayout;
  readonly #views: WorldViews;
  readonly #readings: Readings | undefined;
  readonly #mostResidents: number;
  readonly #lanes: Lanes;
  /** Gone when the world is closed, and with it the weights. */
  #openEngine: OpenEngine | undefined;
  /** None after a device was lost, until the next request. */
  #place: Place | undefined;
  #opening: Promise<Place> | undefined;
  /** Of an engine whose device was lost. */
  #closing: Promise<void> | undefined;
  #executor!: Pick<Executor, 'kind' | 'device'>;
  #stats!: WorldStats;

  private constructor(
    file: WorldFile,
    layout: StateLayout,
    engine: Engine,
    openEngine: OpenEngine,
    { checksum = '', residentBytes = 2 ** 28 }: WorldOptions,
  ) {
    this.metadata = file.metadata;
    this.checksum = checksum;
    this.actions = actionTable(file);
    this.tiles = file.model.tiles;
    this.readouts = file.model.readouts;
    this.hasMap = file.model.map !== undefined;
    this.vocabulary = file.model.firstFrames?.vocabulary ?? [];
    this.events = file.model.events ?? [];
    this.#file = file;
    this.#layout = layout;
    this.#views = new WorldViews(file, layout);
    this.#readings = Readings.of(file, layout);
    this.#openEngine = openEngine;
    const room = Math.min(mostResidents, Math.floor(residentBytes / engine.stats.stateBytes));
    this.#mostResidents = file.model.stepsApart ? Math.max(1, room) : 1;
    this.#lanes = new Lanes(this.#mostResidents);
    this.#use(engine);
  }

  /**
   * @param source the file in words, for messages
   * @param openExecutor called again when a device was lost. What it gives is the world's own, and is closed with it, or at once
   *   when the world does not run there
   * @throws SnowglobeError when weights are missing or no executor can be opened
   */
  static async create(
    file: WorldFile,
    source: string,
    openExecutor: OpenExecutor,
    options: WorldOptions = {},
  ): Promise<World> {
    const graph: Graph = checkWeights(file, source);
    const openEngine = (): Promise<Engine> => Engine.open(openExecutor, graph, file, mostLosses);
    return new World(file, new StateLayout(graph, file.model), await openEngine(), openEngine, options);
  }

  /** Where it runs, or ran last. */
  get executor(): Pick<Executor, 'kind' | 'device'> {
    return this.#executor;
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
    return this.#lanes.add(this, () => this.#onDevice(({ engine }) => imagine(engine, this.#file, wish)));
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
    return this.#lanes.close(new SnowglobeError('world: it was closed; open it again.'), async () => {
      const place = this.#place;
      this.#openEngine = undefined;
      this.#place = undefined;
      await this.#closing;
      await place?.engine.close();
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
      get events() {
        return world.events;
      },
      get views() {
        return world.#views;
      },
      get readings() {
        return world.#readings;
      },
      transact: (session, work) => {
        const started = performance.now();
        return this.#lanes.add(session, () =>
          this.#onDevice((place) => this.#transact(place, session, started, work)),
        );
      },
      release: (session) => {
        const forget = async (): Promise<void> => {
          if (this.#place) this.#remove(this.#place, session);
          session.commit({ kept: new Map(), keptIndex: session.index, since: [], game: 'endless' });
        };
        return this.#lanes.refusal ? this.close().then(forget, forget) : this.#lanes.add(session, forget);
      },
    };
  })();

  /** Does `work` on the device, and all of it again on another one when it is lost. */
  async #onDevice<T>(work: (place: Place) => Promise<T>): Promise<T> {
    for (let losses = 1; ; losses++) {
      const place = this.#place ?? (await (this.#opening ??= this.#reopen()));
      try {
        return await work(place);
      } catch (error) {
        const loss = await lossOf(place.engine.executor);
        if (!loss) throw error;
        this.#lose(place);
        if (losses === mostLosses) {
          throw new SnowglobeError(
            `session: the device was lost ${losses} times in one request, and nothing was changed by it (${loss.message}); ask again, or open the world on another executor.`,
            { cause: loss },
          );
        }
      }
    }
  }

  /** All sessions whose requests are under way find it lost; the first of them sees to it. */
  #lose(place: Place): void {
    if (this.#place !== place) return;
    this.#place = undefined;
    this.#closing = place.engine.close().catch(() => {});
  }

  async #reopen(): Promise<Place> {
    try {
      await this.#closing;
      // A device that is lost while the world is being closed is not followed by another one.
      if (this.#lanes.refusal) throw this.#lanes.refusal;
      return this.#use(await this.#openEngine!());
    } finally {
      this.#opening = undefined;
    }
  }

  #use(engine: Engine): Place {
    const { kind, device } = engine.executor;
    this.#executor = { kind, device };
    this.#stats = engine.stats;
    return (this.#place = { engine, residents: new Residents(this.#mostResidents) });
  }

  async #transact<T>(
    place: Place,
    session: Session,
    started: number,
    work: (transaction: Transaction) => Promise<T>,
  ): Promise<T> {
    const { engine, residents } = place;
    const transaction = new Transaction({
      ...{ engine, started, log: session.log, sampling: session.sampling, size: this.metadata.config },
      readings: this.#readings,
      logitsOf: (action) => this.actions.logitsOf(action),
      slot: residents.slotOf(session),
      place: () => this.#settle(place, session),
      mostSlots: this.#mostResidents,
    });
    residents.begin(session);
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
      residents.rest(session);
      if (!transaction.isLoaded(succeeded)) this.#remove(place, session);
    }
  }

  /** Finds a slot for a session; whoever was there waits on the host. */
  async #settle({ engine, residents }: Place, session: Session): Promise<number> {
    const { slot, gone } = residents.place(session);
    if (!gone) return slot;
    const { log } = gone;
    if (log.since.length === 0) return slot;
    // If it cannot be read, the session still has its last state, and what was done since.
    const kept = await engine.read(slot).catch(() => undefined);
    // It may have gone on elsewhere meanwhile.
    if (kept && gone.log === log) gone.commit(keptNow(log, kept));
    return slot;
  }

  #remove({ engine, residents }: Place, session: Session): void {
    const slot = residents.slotOf(session);
    if (slot === undefined) return;
    residents.remove(session);
    engine.drop(slot);
  }

  #check(): void {
    if (this.#lanes.refusal) throw this.#lanes.refusal;
  }
}
