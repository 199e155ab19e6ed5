import type { Replay } from '@snowglobe/runtime/browser';

/** A walk that is done again, frame by frame, until it is over or a key is pressed. */
export class WalkAgain {
  #actions: Replay['actions'] = [];
  #told: ReadonlyMap<number, string> = new Map();

  /** @param told what was told in it, by frame */
  begin(actions: Replay['actions'], told: NonNullable<Replay['told']>): void {
    this.#actions = actions;
    this.#told = new Map(told);
  }

  end(): void {
    this.#actions = [];
  }

  /** Frames; 0 without one. */
  get length(): number {
    return this.#actions.length;
  }

  /** Whether all of it is done at a frame. */
  isOver(at: number): boolean {
    return this.length > 0 && at >= this.length;
  }

  actionAt(at: number): Replay['actions'][number] | undefined {
    return this.#actions[at];
  }

  toldAt(at: number): string | undefined {
    return at < this.length ? this.#told.get(at) : undefined;
  }
}
