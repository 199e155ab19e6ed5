import { SnowglobeError } from '@snowglobe/graph';

/** Watches a device, and turns everything that fails because it was lost into one clear error. */
export class LossGuard {
  /** Resolves, once, with the error that every pending and later call rejects with. */
  readonly lost: Promise<SnowglobeError>;
  #error: SnowglobeError | undefined;

  constructor(device: GPUDevice, name: string) {
    this.lost = device.lost.then(({ reason, message }) => {
      const why = message.trim() === '' ? reason : `${reason}: ${message.trim()}`;
      this.#error = new SnowglobeError(
        `device '${name}' was lost (${why}); open it again or move to another one.`,
      );
      return this.#error;
    });
  }

  /** @throws SnowglobeError when the device is gone already. */
  check(): void {
    if (this.#error) throw this.#error;
  }

  /** Waits for `work`, but no longer than the device lives. */
  async watch<T>(work: Promise<T>): Promise<T> {
    this.check();
    const loss = this.lost.then((error) => Promise.reject(error));
    try {
      return await Promise.race([work, loss]);
    } catch (error) {
      // What was under way on a device fails an instant before the device is said to be lost.
      await new Promise((resolve) => setTimeout(resolve, 0));
      throw this.#error ?? error;
    }
  }
}
