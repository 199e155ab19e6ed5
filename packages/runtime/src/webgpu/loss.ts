import { SnowglobeError } from '@snowglobe/graph';
import { hearUncaptured } from '../devices/uncaptured.js';

const guards = new WeakMap<GPUDevice, LossGuard>();

/**
 * Watches a device, and turns everything that fails because it was lost into one clear error. What the device finds wrong outside
 * of all error scopes (`inErrorScopes`) fails what is under way, or else the next call: commands were left out, and nobody else
 * would hear of it.
 */
export class LossGuard {
  /** Resolves, once, with the error that every pending and later call rejects with. */
  readonly lost: Promise<SnowglobeError>;
  readonly #name: string;
  readonly #stopHearing: () => void;
  #end!: (error: SnowglobeError) => void;
  #error: SnowglobeError | undefined;
  #fault: SnowglobeError | undefined;
  // Not a race against `lost` itself: a promise remembers everyone who ever waited for it.
  readonly #waiting = new Set<(error: SnowglobeError) => void>();

  /** The device's guard: executors that share a device, as the bench's and the tuner's do, share what watches it. */
  static of(device: GPUDevice, name: string): LossGuard {
    let guard = guards.get(device);
    if (!guard) guards.set(device, (guard = new LossGuard(device, name, false)));
    return guard;
  }

  /** A guard of its own for an executor on a device that others use as well: what the device finds wrong while nothing is under way here is theirs. */
  static ofBorrowed(device: GPUDevice, name: string): LossGuard {
    return new LossGuard(device, name, true);
  }

  private constructor(device: GPUDevice, name: string, isBorrowed: boolean) {
    this.#name = name;
    this.#stopHearing = hearUncaptured(device, ({ error }) => {
      const fault = new SnowglobeError(
        `device '${name}' refused a command (${error.message.trim()}); the results since the last call are not valid.`,
      );
      if (this.#waiting.size === 0 && !isBorrowed) this.#fault ??= fault;
      for (const reject of this.#waiting) reject(fault);
    });
    this.lost = new Promise((resolve) => (this.#end = resolve));
    void device.lost.then(({ reason, message }) => {
      const why = message.trim() === '' ? reason : `${reason}: ${message.trim()}`;
      this.#fail(`device '${name}' was lost (${why}); open it again or move to another one.`);
    });
  }

  /** Ends everything that is under way, before the device is destroyed. */
  close(): void {
    this.#fail(`device '${this.#name}' was closed; open it again.`);
  }

  /** @throws SnowglobeError when the device is gone already, or refused a command since the last call. */
  check(): void {
    if (this.#error) throw this.#error;
    const fault = this.#fault;
    this.#fault = undefined;
    if (fault) throw fault;
  }

  /** Waits for `work`, but no longer than the device lives. */
  async watch<T>(work: Promise<T>): Promise<T> {
    // Nobody else hears of a failure after the device is gone.
    work.catch(() => {});
    this.check();
    let give!: (error: SnowglobeError) => void;
    const loss = new Promise<never>((_, reject) => (give = reject));
    this.#waiting.add(give);
    try {
      return await Promise.race([work, loss]);
    } catch (error) {
      if (!this.#error) await Promise.race([this.lost, wait(newsMs)]);
      throw this.#error ?? error;
    } finally {
      this.#waiting.delete(give);
    }
  }

  #fail(message: string): void {
    if (this.#error) return;
    this.#error = new SnowglobeError(message);
    this.#stopHearing();
    for (const reject of this.#waiting) reject(this.#error);
    this.#end(this.#error);
  }
}

/** What is under way on a device fails an instant before the device is said to be lost: in browsers, a message before. */
const newsMs = 50;

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
