/** Lets only so many in at a time; those who are in a hurry go before the others, and otherwise who came first. */
export class Gate {
  readonly #most: number;
  readonly #hurried: (() => void)[] = [];
  readonly #others: (() => void)[] = [];
  #inside = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Does `work` when it is its turn. */
  async pass<T>(isHurried: boolean, work: () => Promise<T>): Promise<T> {
    if (this.#inside === this.#most) {
      await new Promise<void>((resolve) => (isHurried ? this.#hurried : this.#others).push(resolve));
    } else this.#inside++;
    try {
      return await work();
    } finally {
      // Whoever comes next takes the place over.
      const next = this.#hurried.shift() ?? this.#others.shift();
      if (next) next();
      else this.#inside--;
    }
  }
}
