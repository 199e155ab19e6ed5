import type { SnowGlobe } from '@snowglobe/element';
import type { Frame, PromptImage } from '@snowglobe/runtime/browser';
import type { TemplateResult } from 'lit';
import { LitElement, html, nothing } from 'lit';
import type { Compared } from './comparison.js';
import { Comparison, levelOf } from './comparison.js';
import { paintDifference, paintTruth } from './paint.js';
import { percent, renderPlot } from './plot.js';

/** The level that is shown first. */
const firstLevel = 7;
const lastLevel = 999_999;

/** Loaded when somebody wants it, with all games. The simulated game beside the dream of it: what it truly shows, where the dream differs, and how much so far. */
export class BesidePanel extends LitElement {
  static override readonly properties = {
    globe: { attribute: false },
    simulator: {},
    _level: { state: true },
    _compared: { state: true },
    _remark: { state: true },
  };
  declare globe: SnowGlobe | null;
  /** Name of the game. */
  declare simulator: string;
  declare protected _level: number;
  /** The frame that is shown. */
  declare protected _compared: Compared | undefined;
  /** Why nothing is compared. */
  declare protected _remark: string | undefined;
  #comparison: Comparison | undefined;
  /** Raised by every session: of several that are looked at the last one counts. */
  #sessions = 0;

  constructor() {
    super();
    this.globe = null;
    this.simulator = '';
    this._level = firstLevel;
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.updateComplete.then(() => this.begin({ wantsLevel: true }));
  }

  /**
   * A session begins, or is to be compared from now on.
   * @param options.wantsLevel whether another one is begun where this one does not begin with a level of the game
   */
  async begin({ wantsLevel = false } = {}): Promise<void> {
    const mine = ++this.#sessions;
    this.#comparison = undefined;
    this._compared = undefined;
    this._remark = undefined;
    try {
      const { globe, simulator } = this;
      if (!globe?.info) return;
      const { promptImage } = globe;
      const level = promptImage && (await levelOf(simulator, promptImage, globe.info, this._level));
      if (mine !== this.#sessions) return;
      if (level !== undefined && globe.frames[0]?.index === 0) {
        this._level = level;
        this.#comparison = new Comparison(simulator, level, globe.info);
        for (const frame of globe.frames) this.add(frame);
      } else if (wantsLevel) this.#walkInto(new Comparison(simulator, this._level, globe.info).prompt);
      else
        this._remark =
          'This picture is not the beginning of a level: nobody knows how the game goes on from it.';
    } catch (error) {
      if (mine === this.#sessions) this._remark = (error as Error).message;
    }
  }

  /** A frame is shown, the next one or an earlier one. */
  add(frame: Frame): void {
    const comparison = this.#comparison;
    // In other art nothing is alike.
    if (!comparison || !this.globe || frame.width !== comparison.width) return;
    try {
      this._compared = comparison.follow(frame, this.globe.replay());
    } catch (error) {
      this._remark = (error as Error).message;
      this.#comparison = undefined;
      return;
    }
    // As large as the dream is shown.
    const { clientWidth = 0 } = this.globe.canvas ?? {};
    if (clientWidth > 0) this.style.setProperty('--dream', `${clientWidth}px`);
    const canvas = (id: string) => this.querySelector<HTMLCanvasElement>(`[data-testid=${id}]`);
    const [truth, difference] = [canvas('beside-truth'), canvas('beside-difference')];
    if (truth) paintTruth(truth, this._compared);
    if (difference) paintDifference(difference, this._compared, frame.rgba, comparison.cell);
  }

  #walkInto(detail: PromptImage): void {
    this.dispatchEvent(new CustomEvent<PromptImage>('walk', { detail }));
  }

  /** Begins a level of the game. */
  #choose(level: number): void {
    this._level = level;
    this._remark = undefined;
    try {
      if (this.globe?.info) this.#walkInto(new Comparison(this.simulator, level, this.globe.info).prompt);
    } catch (error) {
      this._remark = (error as Error).message;
    }
  }

  protected override render(): TemplateResult {
    const info = this.globe?.info;
    const [width, height] = [info?.width ?? 64, info?.height ?? 64];
    const { _compared: compared } = this;
    const shares = this.#comparison?.shares ?? [];
    const cells = compared?.differing.length ?? 0;
    const others = compared?.differing.filter(Boolean).length ?? 0;
    const told = (compared && this.globe?.replay().told) ?? [];
    const mean = shares.reduce((sum, share) => sum + share, 0) / Math.max(shares.length, 1);
    const canvas = (id: string, label: string): TemplateResult =>
      html`<canvas
        data-testid=${id}
        width=${width}
        height=${height}
        role="img"
        aria-label=${label}
      ></canvas>`;
    return html`
      <figure class="beside-truth">
        <div>${canvas('beside-truth', 'The game')}</div>
        <figcaption>The game, ${this.simulator}</figcaption>
      </figure>
      <figure class="beside-difference">
        ${canvas('beside-difference', 'Where the dream differs')}
        <figcaption data-testid="beside-now">
          ${compared ? `${others} of ${cells} cells differ` : 'Where they differ'}
        </figcaption>
      </figure>
      <div class="beside-foot">
        ${renderPlot(
          shares,
          told.map(([frame]) => frame + 1),
        )}
        <div class="buttons">
          <label class="field"
            ><span>Level</span>
            <input
              data-testid="beside-level"
              type="number"
              min="0"
              max=${lastLevel}
              .value=${String(this._level)}
              @change=${(event: Event) => this.#choose(levelIn((event.target as HTMLInputElement).value))}
            />
          </label>
          <button
            data-testid="beside-dice"
            aria-label="Another level"
            title="Another level"
            @click=${() => this.#choose(Math.floor(Math.random() * 1000))}
          >
            ⚄
          </button>
          <p class="hint" data-testid="beside-remark" role="status">
            ${this._remark ?? (compared ? `${percent(mean)} of all cells so far. What is left to chance may rightly differ.` : nothing)}
          </p>
        </div>
      </div>
    `;
  }
}

function levelIn(text: string): number {
  const level = Math.round(Number(text));
  return Number.isFinite(level) ? Math.min(lastLevel, Math.max(0, level)) : firstLevel;
}

customElements.define('beside-panel', BesidePanel);
