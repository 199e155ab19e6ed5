import type { SnowglobeError } from '@snowglobe/graph';

/** Runs work one after the other, in the order in which it was asked for, until it is closed. */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve();
  #refusal: SnowglobeError | undefined;

  /** What later work is refused with, once the queue is closed. */
  get refusal(): SnowglobeError | undefined {
    return this.#refusal;
  }

  /** Runs `work` after all that was added before, whether that failed or not. Rejects when the queue is closed. */
  add<T>(work: () => Promise<T>): Promise<T> {
    if (this.#refusal) return Promise.reject(this.#refusal);
    return this.#append(work);
  }

  /**
   * Refuses all work from now on. What was added before is still run, then `last`.
   * @returns when that is done; as often as it is asked
   */
  close(refusal: SnowglobeError, last: () => Promise<void> = async () => {}): Promise<void> {
    if (!this.#refusal) {
      this.#refusal = refusal;
      this.#closing = this.#append(last);
    }
    return this.#closing;
  }

  #closing: Promise<void> = Promise.resolve();

  #append<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }
}
