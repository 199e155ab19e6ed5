import type { Executor } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import { lossOf } from '@snowglobe/graph/internal';
import { Balancer } from '../placing/balance.js';
import type { FrameTimes } from '../placing/frame_times.js';
import { place as placeOn } from '../placing/place.js';
import type { DeviceStatus } from './device_status.js';
import { statusOf } from './device_status.js';
import type { WorldStats } from './engine.js';
import { isDeviceFault } from './engine.js';
import type { Opening, Place, Ticket, WorldDevice } from './play_device.js';
import { PlayDevice } from './play_device.js';

/** Devices that one request may lose before it gives up; the next request tries anew. */
export const mostLosses = 5;
/** Between looks at whether sessions are well placed, in ms. */
const balanceEvery = 250;
/** Until a session may be moved again, in ms. */
const restMs = 5000;

export interface PlayDevicesOptions extends Opening {
  /** Tells how long frames take on a device that has just been opened, see `measureFrames`. */
  measure(place: Place): Promise<FrameTimes>;
  /** Between the frames that a player is to see. */
  readonly periodMs: number;
}

/** The devices of a world, and which session plays on which. */
export class PlayDevices {
  readonly #all: readonly PlayDevice[];
  readonly #balancer: Balancer;
  /** The one that was used last. */
  #last: PlayDevice;
  #balancedAt = -Infinity;

  private constructor(all: readonly PlayDevice[], first: PlayDevice, periodMs: number) {
    this.#all = all;
    this.#last = first;
    this.#balancer = new Balancer(periodMs);
  }

  /**
   * Opens all of them, and measures them one after the other where there are several. Those that cannot be opened are tried again later.
   * @throws what the first one failed with, when none can be opened
   */
  static async open(devices: readonly WorldDevice[], options: PlayDevicesOptions): Promise<PlayDevices> {
    const all = devices.map((device) => new PlayDevice(device, options));
    const opened = await Promise.allSettled(all.map((device) => device.reopen()));
    const places = opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    if (!places[0]) throw (opened[0] as PromiseRejectedResult).reason;
    if (all.length > 1) {
      for (const place of places) {
        // What is lost meanwhile, or does not run there, shows when it is used.
        place.device.times = await options.measure(place).catch(() => []);
      }
    }
    return new PlayDevices(all, places[0].device, options.periodMs);
  }

  /** Where the world runs, or ran last. */
  get executor(): Pick<Executor, 'kind' | 'device'> {
    return this.#last.executor!;
  }

  get stats(): WorldStats {
    return this.#last.stats!;
  }

  status(): readonly DeviceStatus[] {
    const now = performance.now();
    return this.#all.map((device) => statusOf(device, now));
  }

  /**
   * Does `work` on the session's device, and all of it again on another one when that is lost or cannot do it.
   * @param leave takes the session's state from a device that still has it
   */
  async run<T>(
    ticket: Ticket,
    work: (place: Place) => Promise<T>,
    leave: (place: Place) => Promise<void> = async () => {},
  ): Promise<T> {
    const refusing = new Set<PlayDevice>();
    for (let losses = 0; ;) {
      const place = await this.#placeOf(ticket, refusing, leave);
      this.#last = place.device;
      try {
        const result = await place.gate.pass(ticket.priority === 'interactive', () => work(place));
        this.#balance();
        return result;
      } catch (error) {
        const loss = await lossOf(place.engine.executor);
        if (loss) {
          place.device.lose(place, loss);
          if (++losses === mostLosses) {
            throw new SnowglobeError(
              `session: the device was lost ${losses} times in one request, and nothing was changed by it (${loss.message}); ask again, or open the world on another executor.`,
              { cause: loss },
            );
          }
        } else if (isDeviceFault(error)) {
          place.device.fault();
          refusing.add(place.device);
          if (this.#open(refusing).length === 0) throw error;
        } else throw error;
      }
    }
  }

  /** Does `work` on all devices that are open. */
  async each(work: (place: Place) => Promise<void>): Promise<void> {
    await Promise.all(this.#all.map(({ place }) => place && work(place)));
  }

  /** A session asks for nothing any more. */
  forget(ticket: Ticket): void {
    for (const device of [ticket.device, ticket.goal]) device?.usage.forget(ticket);
    ticket.goal = undefined;
  }

  /** Frees all devices. */
  async close(): Promise<void> {
    await Promise.all(this.#all.map((device) => device.close()));
  }

  #open(refusing: ReadonlySet<PlayDevice>): PlayDevice[] {
    return this.#all.filter((device) => device.place && !refusing.has(device));
  }

  async #placeOf(
    ticket: Ticket,
    refusing: ReadonlySet<PlayDevice>,
    leave: (place: Place) => Promise<void>,
  ): Promise<Place> {
    const target = this.#targetOf(ticket, refusing) ?? (await this.#reopenAny()).device;
    const before = ticket.device;
    if (before && before !== target && before.place) {
      const from = before.place;
      await from.gate.pass(ticket.priority === 'interactive', () => leave(from));
    }
    const now = performance.now();
    if (before && before !== target) {
      ticket.movedAt = now;
      before.departures++;
    }
    this.forget(ticket);
    ticket.device = target;
    target.usage.touch(ticket, now);
    if (this.#all.length > 1) for (const device of this.#all) device.reopenWhenDue(now);
    // It may have been lost while the session left the other one.
    return target.place ?? this.#placeOf(ticket, refusing, leave);
  }

  /** Where a session goes; undefined where no device is open. */
  #targetOf(ticket: Ticket, refusing: ReadonlySet<PlayDevice>): PlayDevice | undefined {
    const open = this.#open(refusing);
    for (const known of [ticket.goal, ticket.device]) if (known && open.includes(known)) return known;
    if (open.length === 0) return undefined;
    const now = performance.now();
    return open[
      placeOn(
        open.map((device) => device.load(now)),
        ticket.priority,
      )
    ];
  }

  /** Opens whichever can be opened first. @throws what the first one failed with, when none can */
  async #reopenAny(): Promise<Place> {
    try {
      return await Promise.any(this.#all.map((device) => device.reopen()));
    } catch (error) {
      throw error instanceof AggregateError ? error.errors[0] : error;
    }
  }

  #balance(): void {
    const now = performance.now();
    if (this.#all.length === 1 || now - this.#balancedAt < balanceEvery) return;
    this.#balancedAt = now;
    const open = this.#open(new Set());
    const move = this.#balancer.decide(
      open.map((device) => device.load(now)),
      now,
    );
    if (!move) return;
    const [from, to] = [move.from, move.to].map((name) => open.find((device) => device.name === name)!);
    const ticket = from!.usage
      .active(now)
      .find(({ priority, movedAt }) => priority === move.priority && now - movedAt > restMs);
    if (!ticket) return;
    this.forget(ticket);
    ticket.goal = to;
    to!.usage.touch(ticket, now);
  }
}
