import type { SnowGlobe } from '@snowglobe/element';
import type { Frame } from '@snowglobe/runtime/browser';
import type { TemplateResult } from 'lit';
import { LitElement, html, nothing } from 'lit';
import { keepNames, keptNames, longestName } from './names.js';

/** Frames that an action is looked at for, and those of them that its strip shows. */
const framesAhead = 8;
const shownFrames = [1, 3, 5, 7];

/** What the codes of a world do that was learned without labels: a strip of what each leads to from the frame that is shown. */
export class ExplorePanel extends LitElement {
  static override readonly properties = {
    globe: { attribute: false },
    world: {},
    codes: { type: Number },
    _strips: { state: true },
    _names: { state: true },
    _remark: { state: true },
    _busy: { state: true },
  };
  declare globe: SnowGlobe | null;
  declare world: string;
  /** How many there are; of worlds without any there is nothing to look at. */
  declare codes: number;
  /** Frames by code, of those that were looked at. */
  declare protected _strips: readonly (readonly Frame[])[];
  declare protected _names: ReadonlyMap<number, string>;
  declare protected _remark: string | undefined;
  declare protected _busy: boolean;

  constructor() {
    super();
    this.globe = null;
    this.world = '';
    this.codes = 0;
    this._strips = [];
    this._names = new Map();
    this._busy = false;
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (!changed.has('world')) return;
    this._names = keptNames(this.world);
    this._strips = [];
    this._remark = undefined;
  }

  protected override updated(changed: Map<PropertyKey, unknown>): void {
    if (!changed.has('_strips')) return;
    this.querySelectorAll<HTMLCanvasElement>('canvas').forEach((canvas, code) =>
      paintStrip(canvas, this._strips[code]!),
    );
  }

  /** The game stands still meanwhile, so that all begin at the same frame. */
  async #look(): Promise<void> {
    const { globe, world, codes } = this;
    if (!globe) return;
    this._busy = true;
    try {
      globe.pause();
      const strips = await Promise.all(
        Array.from({ length: codes }, (_, code) => globe.lookAhead(code, { frames: framesAhead })),
      );
      if (world !== this.world) return;
      this._strips = strips;
      this._remark = `From frame ${strips[0]![0]!.index - 1} on. Click a strip to play it.`;
    } catch (error) {
      this._remark = (error as Error).message;
    } finally {
      this._busy = false;
    }
  }

  async #play(code: number): Promise<void> {
    const { globe } = this;
    if (!globe) return;
    globe.pause();
    globe.hold(code);
    try {
      for (let frame = 0; frame < framesAhead; frame++) await globe.step();
    } finally {
      globe.hold();
    }
    this._remark = `${this.#nameOf(code)} was done for ${framesAhead} frames. Look again to see what comes from here.`;
  }

  #call(code: number, name: string): void {
    const names = new Map(this._names);
    if (name === '') names.delete(code);
    else names.set(code, name);
    this._names = names;
    keepNames(this.world, names);
  }

  #nameOf(code: number): string {
    return this._names.get(code) ?? `Code ${code}`;
  }

  protected override render(): TemplateResult | typeof nothing {
    if (this.codes === 0) return nothing;
    return html`<section aria-labelledby="explore-title" data-testid="explore">
      <h2 id="explore-title">What each action does</h2>
      <button data-testid="explore-look" ?disabled=${this._busy} @click=${() => void this.#look()}>
        ${this._strips.length > 0 ? 'Look again' : 'Look'}
      </button>
      <p class="hint" role="status" data-testid="explore-remark">
        ${
          this._remark ??
          `This world found ${this.codes} things to do by itself. See what each most likely leads to from the frame that is shown, and give it a name.`
        }
      </p>
      <ul class="strips">
        ${this._strips.map((frames, code) => this.#renderStrip(frames, code))}
      </ul>
    </section>`;
  }

  #renderStrip([first]: readonly Frame[], code: number): TemplateResult {
    return html`<li>
      <button
        class="strip"
        data-testid="strip"
        aria-label=${`Play ${this.#nameOf(code)}`}
        @click=${() => void this.#play(code)}
      >
        <canvas width=${shownFrames.length * first!.width} height=${first!.height}></canvas>
      </button>
      <input
        data-testid="code-name"
        aria-label=${`Name of code ${code}`}
        placeholder=${`Code ${code}`}
        maxlength=${longestName}
        autocomplete="off"
        .value=${this._names.get(code) ?? ''}
        @change=${(event: Event) => this.#call(code, (event.target as HTMLInputElement).value.trim())}
      />
    </li>`;
  }
}

function paintStrip(canvas: HTMLCanvasElement, frames: readonly Frame[]): void {
  const context = canvas.getContext('2d')!;
  shownFrames.forEach((at, place) => {
    const { width, height, rgba } = frames[at]!;
    context.putImageData(new ImageData(new Uint8ClampedArray(rgba), width, height), place * width, 0);
  });
}

customElements.define('explore-panel', ExplorePanel);
