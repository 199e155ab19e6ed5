import type { SnowglobeError } from '@snowglobe/graph';

/**
 * Runs work of many owners at the same time, at most so much at once: what one of them asks for is done one after the other, in the order
 * in which it was asked for. Until it is closed.
 */
export class Lanes {
  readonly #most: number;
  readonly #last = new WeakMap<object, Promise<unknown>>();
  readonly #open = new Set<Promise<unknown>>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #refusal: SnowglobeError | undefined;
  #closing: Promise<void> | undefined;

  constructor(most: number) {
    this.#most = most;
  }

  /** What later work is refused with, once they are closed. */
  get refusal(): SnowglobeError | undefined {
    return this.#refusal;
  }

  /** Runs `work` after all that its owner has asked for before, whether that failed or not. Rejects when the lanes are closed. */
  add<T>(owner: object, work: () => Promise<T>): Promise<T> {
    if (this.#refusal) return Promise.reject(this.#refusal);
    const result = (this.#last.get(owner) ?? Promise.resolve()).then(() => this.#inTurn(work));
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

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running === this.#most) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running++;
    try {
      return await work();
    } finally {
      // Whoever has waited for longest takes the place over.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }
}
