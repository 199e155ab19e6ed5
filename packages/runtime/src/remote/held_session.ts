import type { StartOptions } from '../world/start_options.js';
import type { Step } from '../world/timeline.js';
import type { RemoteStart } from './client_types.js';
import type { RemoteWorld } from './client.js';

/** How a session can be begun anew: from what it was begun with, or from a copy of it. */
type Origin = { readonly options: StartOptions } | { readonly saved: Uint8Array };

interface Base {
  readonly index: number;
  readonly origin: Origin;
}

/** Copies that are kept: the newest may be of a frame that is gone back beyond. */
const mostCopies = 4;

/** A session as its player holds it: copies of it, and what was done since. With them it goes on anywhere. */
export class HeldSession {
  /** From the oldest on, of which there is one at least until it is gone back beyond. */
  #bases: readonly Base[];
  /** From the oldest base on. */
  #steps: Step[] = [];
  #index: number;

  constructor(origin: Origin, index: number) {
    this.#bases = [{ index, origin }];
    this.#index = index;
  }

  /** The frame that its player saw last. */
  get index(): number {
    return this.#index;
  }

  /** Steps that would be done again. */
  get sinceCopy(): number {
    return this.#index - (this.#bases.at(-1)?.index ?? -Infinity);
  }

  stepped(step: Step): void {
    if (this.#bases.length > 0) this.#steps.push(step);
    this.#index++;
  }

  /** Leaves it to others to go on with it. */
  forget(): void {
    this.#bases = [];
    this.#steps = [];
  }

  wentBack(index: number): void {
    const oldest = this.#bases[0]?.index ?? this.#index;
    this.#bases = this.#bases.filter((base) => base.index <= index);
    this.#steps = this.#steps.slice(0, Math.max(0, index - oldest));
    this.#index = index;
  }

  /** A copy of it as it is now. */
  copied(saved: Uint8Array): void {
    const more = [...this.#bases, { index: this.#index, origin: { saved } }];
    const [oldest] = more;
    this.#bases = more.slice(-mostCopies);
    this.#steps = this.#steps.slice(this.#bases[0]!.index - oldest!.index);
  }

  /**
   * Begins the session in a world, and does again what was done.
   * @returns how it began there, and how many steps were done; undefined where no copy is left
   */
  async restoreIn(
    world: RemoteWorld,
  ): Promise<{ readonly start: RemoteStart; readonly operations: number } | undefined> {
    const base = this.#bases.at(-1);
    if (!base) return undefined;
    const { origin } = base;
    const keep = { keep: true };
    const begun = 'saved' in origin ? world.resume(origin.saved, keep) : world.start(origin.options, keep);
    const steps = this.#steps.slice(base.index - this.#bases[0]!.index);
    // All at once: they are answered in order.
    const again = steps.map(({ action, told: tell }) => world.step(action, { tell, codes: false }));
    const [start] = await Promise.all([begun, ...again]);
    return { start, operations: steps.length };
  }
}
