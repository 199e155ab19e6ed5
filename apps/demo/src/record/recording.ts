import type { Frame } from '@snowglobe/runtime/browser';

/** Frames of a session, as they were shown in the end: what was wound back is not part of it. Knows no page. */
export class Recording {
  #frames: Frame[] = [];
  readonly #most: number;

  /** @param most frames that are kept; later ones are left out */
  constructor(most: number) {
    this.#most = most;
  }

  get frames(): readonly Frame[] {
    return this.#frames;
  }

  get isFull(): boolean {
    return this.#frames.length >= this.#most;
  }

  add(frame: Frame): void {
    const last = this.#frames.at(-1);
    if (last && frame.index <= last.index) {
      const from = this.#frames.findIndex(({ index }) => index >= frame.index);
      // A new session: what was played before stays, and its frames come after.
      if (from < 0 || (frame.index === 0 && this.#frames[0]!.index !== 0)) return this.#append(frame);
      this.#frames.length = from;
    }
    this.#append(frame);
  }

  #append(frame: Frame): void {
    if (!this.isFull) this.#frames.push(frame);
  }
}
