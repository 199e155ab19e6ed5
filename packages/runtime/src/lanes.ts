import type { SnowglobeError } from '@snowglobe/graph';

/** Runs work of many owners at the same time, and that of one after the other, in the order in which it was asked for. Until it is closed. */
export class Lanes {
  readonly #last = new WeakMap<object, Promise<unknown>>();
  readonly #open = new Set<Promise<unknown>>();
  #refusal: SnowglobeError | undefined;
  #closing: Promise<void> | undefined;

  /** What later work is refused with, once they are closed. */
  get refusal(): SnowglobeError | undefined {
    return this.#refusal;
  }

  /** Runs `work` after all that its owner has asked for before, whether that failed or not. Rejects when the lanes are closed. */
  add<T>(owner: object, work: () => Promise<T>): Promise<T> {
    if (this.#refusal) return Promise.reject(this.#refusal);
    const result = (this.#last.get(owner) ?? Promise.resolve()).then(work);
    const settled = result.then(
      () => void this.#open.delete(settled),
      () => void this.#open.delete(settled),
    );
    this.#last.set(owner, settled);
    this.#open.add(settled);
    return result;
  }

  /**
   * Refuses all work from now on. What was added before is still run, then `last`.
   * @returns when that is done; as often as it is asked
   */
  close(refusal: SnowglobeError, last: () => Promise<void>): Promise<void> {
    this.#refusal ??= refusal;
    return (this.#closing ??= Promise.all(this.#open).then(last));
  }
}
