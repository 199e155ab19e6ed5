/** Whose state lies in which slot of an executor, and who goes when there is no room. */
export class Residents<T extends object> {
  readonly #most: number;
  /** The one that was used last comes last. */
  readonly #slots = new Map<T, number>();
  readonly #free: number[] = [];
  readonly #busy = new Set<T>();
  #used = 0;

  /** @param most slots; never more owners than so many may be busy at a time */
  constructor(most: number) {
    this.#most = most;
  }

  /** Owners that have a slot. */
  get size(): number {
    return this.#slots.size;
  }

  slotOf(owner: T): number | undefined {
    return this.#slots.get(owner);
  }

  /** From here on until `rest` it keeps its slot. */
  begin(owner: T): void {
    this.#busy.add(owner);
  }

  rest(owner: T): void {
    this.#busy.delete(owner);
    const slot = this.#slots.get(owner);
    if (slot === undefined) return;
    this.#slots.delete(owner);
    this.#slots.set(owner, slot);
  }

  /** Gives a slot to one that has none and is busy: a free one, or that of the one that has been idle for longest. */
  place(owner: T): { readonly slot: number; readonly gone?: T } {
    const free = this.#free.pop() ?? (this.#used < this.#most ? this.#used++ : undefined);
    if (free !== undefined) {
      this.#slots.set(owner, free);
      return { slot: free };
    }
    const [gone, slot] = [...this.#slots].find(([other]) => !this.#busy.has(other))!;
    this.#slots.delete(gone);
    this.#slots.set(owner, slot);
    return { slot, gone };
  }

  /** Frees the slot of one that has any. */
  remove(owner: T): void {
    const slot = this.#slots.get(owner);
    if (slot === undefined) return;
    this.#slots.delete(owner);
    this.#free.push(slot);
  }
}
