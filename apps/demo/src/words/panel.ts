import type { SnowGlobe } from '@snowglobe/element';
import type { Frame, Imagined, PromptImage, PromptSource } from '@snowglobe/runtime/browser';
import type { PropertyValues, TemplateResult } from 'lit';
import { LitElement, html, nothing } from 'lit';

/** A drawing to walk into, and what leads to it again. */
export interface Drawing {
  readonly picture: PromptImage;
  readonly from: PromptSource;
}

/** Characters that fit in the box; the world refuses longer texts. */
const longest = 400;

/**
 * A box for a sentence, in worlds that know words, and the first frames that it is drawn as. `walk` tells of the one to walk into, as a
 * picture.
 */
export class WordsPanel extends LitElement {
  static override readonly properties = {
    globe: { attribute: false },
    vocabulary: { attribute: false },
    _imagined: { state: true },
    _chosen: { state: true },
    _busy: { state: true },
    _error: { state: true },
  };
  declare globe: SnowGlobe | null;
  /** Words that the world knows; without any, there is nothing to type. */
  declare vocabulary: readonly string[];
  declare protected _imagined: Imagined | undefined;
  /** Which of the frames is being played. */
  declare protected _chosen: number;
  declare protected _busy: boolean;
  declare protected _error: string | undefined;
  /** Another sentence gives other pictures, and so does the same one again. */
  #seed = 0;
  /** What was asked for last, and with which seed. */
  #asked = { text: '', seed: 0 };
  /** Raised by what makes answers on their way worthless. */
  #era = 0;

  constructor() {
    super();
    this.globe = null;
    this.vocabulary = [];
    this._chosen = 0;
    this._busy = false;
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  /** Another world is played, or it began with another picture. */
  forget(): void {
    this.#era++;
    this._imagined = undefined;
    this._error = undefined;
    this._busy = false;
  }

  async #ask(text: string): Promise<void> {
    const era = ++this.#era;
    const { globe } = this;
    if (!globe || text.trim() === '') return;
    this._busy = true;
    try {
      const seed = this.#seed++;
      const imagined = await globe.imagine(text, { seed });
      if (era !== this.#era) return;
      this._imagined = imagined;
      this.#asked = { text, seed };
      this._error = undefined;
      this.#walk(0);
    } catch (error) {
      if (era === this.#era) this._error = (error as Error).message;
    } finally {
      if (era === this.#era) this._busy = false;
    }
  }

  #walk(index: number): void {
    this._chosen = index;
    const { width, height, rgba: data } = this._imagined!.frames[index]!;
    const detail: Drawing = {
      picture: { width, height, data },
      from: { ...this.#asked, candidate: index + 1 },
    };
    this.dispatchEvent(new CustomEvent('walk', { detail }));
  }

  protected override updated(changed: PropertyValues): void {
    if (!changed.has('_imagined')) return;
    this.querySelectorAll('canvas').forEach((canvas, i) => paint(canvas, this._imagined!.frames[i]!));
  }

  protected override render(): TemplateResult | typeof nothing {
    const { vocabulary } = this;
    if (vocabulary.length === 0) return nothing;
    const submit = (event: SubmitEvent): void => {
      event.preventDefault();
      void this.#ask(new FormData(event.target as HTMLFormElement).get('text') as string);
    };
    return html`<section aria-labelledby="words">
      <h2 id="words">Type a sentence and be there</h2>
      <form class="sentence" @submit=${submit}>
        <input
          name="text"
          maxlength=${longest}
          autocomplete="off"
          aria-label="What is to be seen"
          placeholder="in words such as those below"
          data-testid="sentence"
        />
        <button data-testid="imagine" ?disabled=${this._busy}>Go</button>
      </form>
      <p class="hint" role="status" data-testid="words-remark">${this.#remark(vocabulary)}</p>
      ${this._imagined ? this.#renderFrames(this._imagined) : nothing}
    </section>`;
  }

  #remark(vocabulary: readonly string[]): string {
    if (this._error !== undefined) return this._error;
    if (this._busy) return 'Drawing …';
    if (this._imagined) return this._imagined.remark ?? '';
    const words = vocabulary.filter((word) => !/^\d/.test(word)).slice(0, 16);
    return `This world knows ${words.join(', ')}${vocabulary.length > 16 ? ' and more' : ''}.`;
  }

  #renderFrames({ frames }: Imagined): TemplateResult {
    return html`<ul class="gallery">
      ${frames.map(
        ({ width, height }, i) =>
          html`<li>
            <button
              class="thumbnail"
              data-testid="imagined"
              aria-pressed=${i === this._chosen}
              aria-label=${`Start from drawing ${i + 1} of ${frames.length}`}
              @click=${() => this.#walk(i)}
            >
              <canvas width=${width} height=${height}></canvas>
            </button>
          </li>`,
      )}
    </ul>`;
  }
}

function paint(canvas: HTMLCanvasElement, { rgba, width, height }: Frame): void {
  canvas.getContext('2d')!.putImageData(new ImageData(new Uint8ClampedArray(rgba), width, height), 0, 0);
}

customElements.define('words-panel', WordsPanel);
