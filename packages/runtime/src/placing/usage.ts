import type { Priority } from './place.js';

/** A session as its devices count it. */
export interface Counted {
  readonly priority: Priority;
}

/** Who has asked for nothing for so long, in ms, is not counted: a player who looks at a picture needs no device. */
const idleAfter = 5000;
/** How fast what was is forgotten, in ms. */
const memory = 2000;
/** How fast a device is believed to be as fast again as it was measured, when it has nothing to do. */
const forgiveness = 10_000;
/** Share of the newest run in what is thought of a device's speed. */
const newest = 0.1;
/** A single run tells no more than this. */
const slowest = 100;

/** Who uses a device, and how much it does. Times are those of `performance.now()`. */
export class Usage<T extends Counted> {
  readonly #lastUsed = new Map<T, number>();
  #slowdown = 1;
  #ranAt = -Infinity;
  #busyMs = 0;
  #rows = 0;

  /** A session asks for something. */
  touch(session: T, now: number): void {
    // Those that were used last come last.
    this.#lastUsed.delete(session);
    this.#lastUsed.set(session, now);
  }

  /** It is here no more. */
  forget(session: T): void {
    this.#lastUsed.delete(session);
  }

  /** Those who play here, the one that has waited for longest first. */
  active(now: number): T[] {
    for (const [session, at] of this.#lastUsed) {
      if (now - at <= idleAfter) break;
      this.#lastUsed.delete(session);
    }
    return [...this.#lastUsed.keys()];
  }

  /** How many of each kind play here. */
  count(now: number): Readonly<Record<Priority, number>> {
    const active = this.active(now);
    const batch = active.filter(({ priority }) => priority === 'batch').length;
    return { interactive: active.length - batch, batch };
  }

  /** A run of so many rows took so long. @param expected by what was measured; 0 where nothing was */
  ran(rows: number, ms: number, expected: number, now: number): void {
    this.#slowdown = this.slowdown(now);
    if (expected > 0) {
      const factor = Math.min(slowest, Math.max(1 / slowest, ms / expected));
      this.#slowdown += newest * (factor - this.#slowdown);
    }
    const left = this.#left(now);
    this.#busyMs = this.#busyMs * left + ms;
    this.#rows = this.#rows * left + rows;
    this.#ranAt = now;
  }

  /** How many times as long as measured a run takes. */
  slowdown(now: number): number {
    return 1 + (this.#slowdown - 1) * Math.exp(-(now - this.#ranAt) / forgiveness);
  }

  /** The share of the last seconds in which it had something to do, 0 … 1. */
  load(now: number): number {
    return Math.min(1, (this.#busyMs * this.#left(now)) / memory);
  }

  /** Frames a second, over the last seconds. */
  framesPerSecond(now: number): number {
    return (1000 * this.#rows * this.#left(now)) / memory;
  }

  #left(now: number): number {
    return Math.exp(-(now - this.#ranAt) / memory);
  }
}
