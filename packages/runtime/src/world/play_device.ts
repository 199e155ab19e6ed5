import type { Executor, SnowglobeError } from '@snowglobe/graph';
import { Gate } from '../gate.js';
import type { FrameTimes } from '../placing/frame_times.js';
import { expectedMs } from '../placing/frame_times.js';
import type { DeviceLoad, Priority } from '../placing/place.js';
import { Usage } from '../placing/usage.js';
import type { Engine, OpenExecutor, WorldStats } from './engine.js';
import { Residents } from './residents.js';
import type { Session } from './session.js';

/** A device that a world may play on, beside others. */
export interface WorldDevice {
  /** Unique among them. */
  readonly name: string;
  /** Called again when it was lost. What it gives is the world's own. */
  readonly open: OpenExecutor;
}

/** A session as devices see it. */
export interface Ticket {
  readonly priority: Priority;
  /** Where its state is, if any device has it. */
  device?: PlayDevice | undefined;
  /** Where it goes with its next request. */
  goal?: PlayDevice | undefined;
  /** When it was last moved, of `performance.now()`. */
  movedAt: number;
}

/** An engine, and whose states are in it; the other sessions keep theirs on the host until they go on. */
export interface Place {
  readonly device: PlayDevice;
  readonly engine: Engine;
  readonly residents: Residents<Session>;
  /** No more may be busy at a time than there are slots. */
  readonly gate: Gate;
  /** Slots that there are at most. */
  readonly most: number;
}

/** What opens the world on a device. */
export interface Opening {
  /** @throws SnowglobeError when no executor can be opened, or the world does not run there */
  openEngine(open: OpenExecutor): Promise<Engine>;
  /** Sessions whose states are on a device at most. */
  mostOf(stats: WorldStats): number;
  /** What opening is refused with, once the world is closed. */
  refusal(): SnowglobeError | undefined;
}

/** How often a device that is lost again and again is opened again, in ms: at first, and at most. */
const [soonest, latest] = [1000, 60_000];
/** A device that has lived for so long is as good as new. */
const healthy = 60_000;
/** A device that could not do something for which it should have had room gets no more sessions for so long. */
const faultMs = 10_000;

/** One of the devices of a world: open, or lost and opened again when it is wanted. */
export class PlayDevice {
  readonly name: string;
  readonly usage = new Usage<Ticket>();
  readonly #open: OpenExecutor;
  readonly #options: Opening;
  times: FrameTimes = [];
  executor: Pick<Executor, 'kind' | 'device'> | undefined;
  stats: WorldStats | undefined;
  /** Times that it was lost, and sessions that went on elsewhere, for that reason or another. */
  losses = 0;
  departures = 0;
  /** Why it is not open. */
  why = '';
  #place: Place | undefined;
  #opening: Promise<Place> | undefined;
  #closing: Promise<void> | undefined;
  #delay = soonest;
  #openedAt = 0;
  #openAgainAt = 0;
  #faultAt = -Infinity;

  constructor({ name, open }: WorldDevice, options: Opening) {
    this.name = name;
    this.#open = open;
    this.#options = options;
  }

  /** Undefined while it is lost. */
  get place(): Place | undefined {
    return this.#place;
  }

  get isOpening(): boolean {
    return this.#opening !== undefined;
  }

  /** Opens it, if it is not open. */
  reopen(): Promise<Place> {
    if (this.#place) return Promise.resolve(this.#place);
    return (this.#opening ??= this.#openNow());
  }

  /** Opens it in the background, if it is time to try. */
  reopenWhenDue(now: number): void {
    if (this.#place || this.#opening || now < this.#openAgainAt) return;
    this.reopen().catch(() => {});
  }

  async #openNow(): Promise<Place> {
    try {
      await this.#closing;
      // A device that is lost while the world is being closed is not followed by another one.
      this.#check();
      const engine = await this.#options.openEngine(this.#open);
      const { kind, device } = engine.executor;
      this.executor = { kind, device };
      this.stats = engine.stats;
      engine.onRun = (rows, ms) => this.usage.ran(rows, ms, expectedMs(this.times, rows), performance.now());
      const most = this.#options.mostOf(engine.stats);
      const place = {
        device: this,
        engine,
        residents: new Residents<Session>(most),
        gate: new Gate(most),
        most,
      };
      this.why = '';
      this.#openedAt = performance.now();
      return (this.#place = place);
    } catch (error) {
      this.#fail(error);
      throw error;
    } finally {
      this.#opening = undefined;
    }
  }

  /** All sessions whose requests are under way find it lost; the first of them sees to it. */
  lose(place: Place, loss: SnowglobeError): void {
    if (this.#place !== place) return;
    this.#place = undefined;
    this.losses++;
    if (performance.now() - this.#openedAt > healthy) this.#delay = soonest;
    this.#fail(loss);
    this.#closing = place.engine.close().catch(() => {});
  }

  /** It could not do what it was asked for, though it lives. */
  fault(): void {
    this.#faultAt = performance.now();
  }

  load(now: number): DeviceLoad {
    const { name, times, usage } = this;
    const count = usage.count(now);
    // States of those who are on their way are not there yet.
    const taken = Math.max(this.#place?.residents.size ?? 0, count.interactive + count.batch);
    const isFull = now - this.#faultAt < faultMs;
    const room = isFull ? 0 : Math.max(0, (this.#place?.most ?? 0) - taken);
    return { name, times, slowdown: usage.slowdown(now), room, ...count };
  }

  /** Frees it, when what was asked for is done. */
  async close(): Promise<void> {
    await this.#opening?.catch(() => {});
    const place = this.#place;
    this.#place = undefined;
    await this.#closing;
    await place?.engine.close();
  }

  #fail(error: unknown): void {
    this.why = error instanceof Error ? error.message : String(error);
    this.#openAgainAt = performance.now() + this.#delay;
    this.#delay = Math.min(latest, 2 * this.#delay);
  }

  #check(): void {
    const refusal = this.#options.refusal();
    if (refusal) throw refusal;
  }
}
