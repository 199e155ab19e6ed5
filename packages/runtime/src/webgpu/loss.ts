import { SnowglobeError } from '@snowglobe/graph';

/** Watches a device, and turns everything that fails because it was lost into one clear error. */
export class LossGuard {
  /** Resolves, once, with the error that every pending and later call rejects with. */
  readonly lost: Promise<SnowglobeError>;
  #error: SnowglobeError | undefined;
  #closing = false;
  // Not a race against `lost` itself: a promise remembers everyone who ever waited for it.
  readonly #waiting = new Set<(error: SnowglobeError) => void>();

  constructor(device: GPUDevice, name: string) {
    this.lost = device.lost.then(({ reason, message }) => {
      const why = message.trim() === '' ? reason : `${reason}: ${message.trim()}`;
      this.#error = new SnowglobeError(
        this.#closing
          ? `device '${name}' was closed; open it again.`
          : `device '${name}' was lost (${why}); open it again or move to another one.`,
      );
      for (const reject of this.#waiting) reject(this.#error);
      return this.#error;
    });
  }

  /** Says that the loss that will come is wanted. */
  expectClose(): void {
    this.#closing = true;
  }

  /** @throws SnowglobeError when the device is gone already. */
  check(): void {
    if (this.#error) throw this.#error;
  }

  /** Waits for `work`, but no longer than the device lives. */
  async watch<T>(work: Promise<T>): Promise<T> {
    this.check();
    let give!: (error: SnowglobeError) => void;
    const loss = new Promise<never>((_, reject) => (give = reject));
    this.#waiting.add(give);
    try {
      return await Promise.race([work, loss]);
    } catch (error) {
      // What was under way on a device fails an instant before the device is said to be lost.
      await new Promise((resolve) => setTimeout(resolve, 0));
      throw this.#error ?? error;
    } finally {
      this.#waiting.delete(give);
    }
  }
}
