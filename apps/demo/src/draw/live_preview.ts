import type { Frame, PromptImage } from '@snowglobe/runtime/browser';

/** Shows a picture as the world would see it. @throws Error when the world cannot say */
export type PreviewOf = (picture: PromptImage) => Promise<Frame>;

/** Keeps a preview up to date while a picture is drawn: one question at a time, and the last picture is always asked for. */
export class LivePreview {
  readonly #previewOf: PreviewOf;
  readonly #show: (frame: Frame) => void;
  #waiting: PromptImage | undefined;
  #asks = false;
  #closed = false;

  constructor(previewOf: PreviewOf, show: (frame: Frame) => void) {
    this.#previewOf = previewOf;
    this.#show = show;
  }

  /** The picture has changed. */
  update(picture: PromptImage): void {
    this.#waiting = picture;
    if (!this.#asks) void this.#ask();
  }

  /** Nobody looks at it any more. */
  close(): void {
    this.#closed = true;
  }

  async #ask(): Promise<void> {
    this.#asks = true;
    while (this.#waiting && !this.#closed) {
      const picture = this.#waiting;
      this.#waiting = undefined;
      // A world that is moving or gone has none to show: the drawing goes on.
      const frame = await this.#previewOf(picture).catch(() => undefined);
      if (frame && !this.#closed) this.#show(frame);
    }
    this.#asks = false;
  }
}
