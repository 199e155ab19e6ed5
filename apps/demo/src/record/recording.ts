import type { Frame } from '@snowglobe/runtime/browser';

/** Frames of a session, as they were shown in the end: what was wound back is not part of it. Knows no page. */
export class Recording {
  readonly #frames: Frame[] = [];
  /** Where the session that is played now begins among them. */
  #begin = 0;
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

  /** What comes now belongs to another session: winding back there takes nothing from this one. */
  cut(): void {
    this.#begin = this.#frames.length;
  }

  add(frame: Frame): void {
    // In other art frames have another size: no picture that moves shows both.
    const [first] = this.#frames;
    if (first && (first.width !== frame.width || first.height !== frame.height)) {
      this.#frames.length = 0;
      this.#begin = 0;
    }
    const wound = this.#frames.findIndex(({ index }, i) => i >= this.#begin && index >= frame.index);
    if (wound >= 0) this.#frames.length = wound;
    if (!this.isFull) this.#frames.push(frame);
  }
}
