import type { Graph, TensorSpec, Executor } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import * as v from 'valibot';
import type { Readouts, Tiles, WorldFile, WorldMetadata } from '@snowglobe/model';
import { Lanes } from '../lanes.js';
import { integerOption, readOptions } from '../options.js';
import type { Priority } from '../placing/place.js';
import type { ActionTable } from './actions.js';
import { actionTable } from './actions.js';
import type { FrameTimes } from '../placing/frame_times.js';
import type { FrameTimesStore } from '../placing/frame_times_file.js';
import { WatchedExecutor } from '../watched_executor.js';
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
import { KeptState } from './kept_state.js';
import type { StartOptions } from './start_options.js';
import { priorityOf, samplingOf, samplingOfSnapshot } from './start_options.js';
import type { DeviceStatus } from './device_status.js';
import { measureFrames } from './measure_frames.js';
import { playedFps } from './pace.js';
import type { Place, Ticket, WorldDevice } from './play_device.js';
import { PlayDevices, mostLosses } from './play_devices.js';
import { Readings } from './readings.js';
import { StateLayout } from './state.js';
import { Transaction, keptNow } from './transaction.js';
import { WorldViews } from './views.js';

/** Sessions whose states are on a device at most. */
const mostResidents = 64;

const preparation = v.object({ sessions: integerOption('sessions', 1, 1e6, 'usually 16') });

/** How a world is opened. */
export interface WorldOptions {
  /** SHA-256 of the file that it came from; default: none is told. */
  readonly checksum?: string | undefined;
  /**
   * Bytes that the states of sessions may take on the device, beyond which those that have been idle for longest wait on the host; one
   * is always there. Default 256 MiB.
   */
  readonly residentBytes?: number | undefined;
  /** Keeps what was measured of several devices; default: they are measured whenever the world is opened. */
  readonly frameTimes?: FrameTimesStore | undefined;
  /** How long a run may take, in ms, before one of several devices is given up; default 30,000. */
  readonly hungMs?: number | undefined;
}

/** How a session goes on that is resumed. */
export type ResumeOptions = Pick<StartOptions, 'priority'>;

/**
 * A world that is ready to be played, by several sessions side by side. Requests of one session are carried out one after the other, each
 * as a whole or not at all; frames that several ask for at the same time are sampled together.
 */
export class World {
  /** What it was opened by: a name, a path or an address. */
  readonly source: string;
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
  readonly #lanes: Lanes;
  readonly #tickets = new WeakMap<Session, Ticket>();
  readonly #devices: PlayDevices;

  private constructor(
    file: WorldFile,
    source: string,
    layout: StateLayout,
    devices: PlayDevices,
    lanes: Lanes,
    { checksum = '' }: WorldOptions,
  ) {
    this.source = source;
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
    this.#devices = devices;
    this.#lanes = lanes;
  }

  /**
   * @param source the file in words, for messages
   * @param where what opens an executor, called again when a device was lost; what it gives is the world's own, and is closed with it, or at once
   *   when the world does not run there. Or several devices, on which sessions are played side by side, see `WorldDevice`
   * @throws SnowglobeError when weights are missing or no executor can be opened
   */
  static async create(
    file: WorldFile,
    source: string,
    where: OpenExecutor | readonly WorldDevice[],
    options: WorldOptions = {},
  ): Promise<World> {
    const graph: Graph = checkWeights(file, source);
    const layout = new StateLayout(graph, file.model);
    const lanes = new Lanes();
    const { residentBytes = 2 ** 28, hungMs = 30_000 } = options;
    const devices =
      typeof where === 'function' ? [{ name: '', open: where }] : where.map((each) => watched(each, hungMs));
    const places = await PlayDevices.open(devices, {
      openEngine: (open) => Engine.open(open, graph, file, mostLosses),
      mostOf({ stateBytes }) {
        const room = Math.min(mostResidents, Math.floor(residentBytes / stateBytes));
        return file.model.stepsApart ? Math.max(1, room) : 1;
      },
      refusal: () => lanes.refusal,
      measure: (place) => measured(place, file, layout, options),
      periodMs: 1000 / playedFps(file.metadata.config.fps),
    });
    return new World(file, source, layout, places, lanes, options);
  }

  /** Where it runs, or ran last. */
  get executor(): Pick<Executor, 'kind' | 'device'> {
    return this.#devices.executor;
  }

  /** What one frame takes. */
  get stats(): WorldStats {
    return this.#devices.stats;
  }

  /** The devices that it plays on, in the order in which they were given, and how busy they are. */
  devices(): readonly DeviceStatus[] {
    return this.#devices.status();
  }

  /** What the state of a session consists of, by name. */
  get stateSpecs(): ReadonlyMap<string, TensorSpec> {
    return this.#layout.specs;
  }

  /** Begins a session. @throws SnowglobeError for a prompt or options that make no sense */
  async start(options: StartOptions): Promise<Session> {
    this.#check();
    const sampling = samplingOf(options, this.metadata);
    const priority = priorityOf(options);
    const { width, height } = this.metadata.config;
    const frame = promptFrame(await this.#promptOf(options, sampling), width, height);
    return this.#begin(KeptState.of(0, this.#layout.fresh(frame)), sampling, priority);
  }

  /**
   * Makes ready for so many sessions that come at the same time, as when another server has ended: their frames wait for nothing to be compiled.
   * Whoever plays meanwhile plays on.
   * @throws SnowglobeError for what is no number of sessions
   */
  async prepare(sessions: number): Promise<void> {
    this.#check();
    const { sessions: wanted } = readOptions('prepare', preparation, { sessions });
    const prepare = ({ engine, most }: Place): Promise<void> =>
      // What does not run there shows when it is used.
      engine.prepare(Math.min(wanted, most), most).catch(() => {});
    await this.#lanes.add({}, () => this.#devices.each(prepare));
  }

  #begin(kept: KeptState, sampling: SessionSampling, priority: Priority): Session {
    const session = new Session(this.#host, kept, sampling);
    this.#tickets.set(session, { priority, movedAt: -Infinity });
    return session;
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
    const ticket: Ticket = { priority: 'interactive', movedAt: 0 };
    return this.#lanes.add(this, async () => {
      try {
        return await this.#devices.run(ticket, ({ engine }) => imagine(engine, this.#file, wish));
      } finally {
        this.#devices.forget(ticket);
      }
    });
  }

  /**
   * A picture as a session would see it that began with it: of frames that are made of tiles the nearest ones, with their codes.
   * @throws SnowglobeError for what is no picture
   */
  preview(prompt: PromptImage): Frame {
    return this.#views.preview(prompt);
  }

  /** Begins a session where another one was. @throws SnowglobeError when it is no snapshot of this world */
  async resume(snapshot: Snapshot, options: ResumeOptions = {}): Promise<Session> {
    this.#check();
    const kept = readSnapshot(snapshot, this.#layout);
    return this.#begin(kept, samplingOfSnapshot(snapshot), priorityOf(options));
  }

  /**
   * Ends all sessions and frees the device. What they asked for before is still done, as long as the device lives; whatever is
   * asked later rejects. Closing twice does nothing.
   */
  close(): Promise<void> {
    return this.#lanes.close(new SnowglobeError('world: it was closed; open it again.'), () =>
      this.#devices.close(),
    );
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
        const ticket = this.#tickets.get(session)!;
        return this.#lanes.add(session, () =>
          this.#devices.run(
            ticket,
            (place) => this.#transact(place, session, started, work),
            (place) => this.#leave(place, session),
          ),
        );
      },
      executorOf: (session) => this.#tickets.get(session)!.device?.executor ?? this.executor,
      release: (session) => {
        const forget = async (): Promise<void> => {
          const ticket = this.#tickets.get(session)!;
          if (ticket.device?.place) this.#remove(ticket.device.place, session);
          this.#devices.forget(ticket);
          const nothing = KeptState.of(session.index, new Map());
          session.commit({ kept: nothing, since: [], game: 'endless' });
        };
        return this.#lanes.refusal ? this.close().then(forget, forget) : this.#lanes.add(session, forget);
      },
    };
  })();

  async #transact<T>(
    place: Place,
    session: Session,
    started: number,
    work: (transaction: Transaction) => Promise<T>,
  ): Promise<T> {
    const { engine, residents, most: mostSlots } = place;
    const { priority } = this.#tickets.get(session)!;
    const transaction = new Transaction({
      ...{
        engine,
        started,
        priority,
        mostSlots,
        log: session.log,
        sampling: session.sampling,
        size: this.metadata.config,
      },
      readings: this.#readings,
      logitsOf: (action) => this.actions.logitsOf(action),
      slot: residents.slotOf(session),
      place: () => this.#settle(place, session),
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
    await this.#keep(engine, slot, gone);
    return slot;
  }

  /** Copies a session's state to the host: if it cannot be read, the session still has its last state, and what was done since. */
  async #keep(engine: Engine, slot: number, session: Session): Promise<void> {
    const { log } = session;
    if (log.since.length === 0) return;
    const kept = await engine.read(slot).catch(() => undefined);
    // It may have gone on elsewhere meanwhile.
    if (kept && session.log === log) session.commit(keptNow(log, kept));
  }

  /** Takes a session's state from a device that it goes on without. */
  async #leave(place: Place, session: Session): Promise<void> {
    const slot = place.residents.slotOf(session);
    if (slot === undefined) return;
    place.residents.begin(session);
    await this.#keep(place.engine, slot, session);
    place.residents.rest(session);
    this.#remove(place, session);
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

/** A device that is given up where it hangs. */
const watched = ({ name, open }: WorldDevice, hungMs: number): WorldDevice => ({
  name,
  open: async () => new WatchedExecutor(await open(), hungMs),
});

/** How long frames take on a device: as it was measured before, or as it is now. */
async function measured(
  { engine, most }: Place,
  file: WorldFile,
  layout: StateLayout,
  { checksum, frameTimes: store }: WorldOptions,
): Promise<FrameTimes> {
  const { kind, device } = engine.executor;
  const key = checksum === undefined ? undefined : { checksum, kind, device };
  const known = key && (await store?.load(key));
  if (known) return known;
  const { width, height } = file.metadata.config;
  const state = layout.fresh(new Float32Array(width * height * 3));
  const times = await measureFrames(engine, { state, actionLogits: actionTable(file).logitsOf(0), most });
  if (key) await store?.save(key, times);
  return times;
}
