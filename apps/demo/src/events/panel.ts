import type { SnowGlobe } from '@snowglobe/element';
import type { TemplateResult } from 'lit';
import { LitElement, html, nothing } from 'lit';

/** Characters that fit in the box; the world refuses longer texts. */
const longest = 400;
/** Events that have a button of their own; the box suggests all of them. */
const mostButtons = 12;

/** What a world can be told while it is played, in worlds that know events: a button each, and a box for whoever says it otherwise. */
export class EventsPanel extends LitElement {
  static override readonly properties = {
    globe: { attribute: false },
    events: { attribute: false },
    _remark: { state: true },
  };
  declare globe: SnowGlobe | null;
  /** What the world knows; without any, there is nothing to tell. */
  declare events: readonly string[];
  declare protected _remark: string;

  constructor() {
    super();
    this.globe = null;
    this.events = [];
    this._remark = '';
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  /** Another world is played, or it began with another picture. */
  forget(): void {
    this._remark = '';
  }

  /** A frame shows what was told: here, or in the walk of somebody else. */
  heard(event: string): void {
    this._remark = `Told: ${event}.`;
  }

  #tell(text: string): void {
    const { globe } = this;
    if (!globe || text.trim() === '') return;
    try {
      this._remark = `Told: ${globe.tell(text)}.`;
      // Who tells something wants to see it.
      if (globe.state === 'paused') globe.play();
    } catch (error) {
      this._remark = (error as Error).message;
    }
  }

  protected override render(): TemplateResult | typeof nothing {
    const { events } = this;
    if (events.length === 0) return nothing;
    const submit = (event: SubmitEvent): void => {
      event.preventDefault();
      const form = event.target as HTMLFormElement;
      this.#tell(new FormData(form).get('text') as string);
    };
    return html`<section aria-labelledby="events">
      <h2 id="events">Say what happens</h2>
      <div class="buttons">
        ${events
          .slice(0, mostButtons)
          .map(
            (event) => html`<button data-testid="event" @click=${() => this.#tell(event)}>${event}</button>`,
          )}
      </div>
      <form class="sentence" @submit=${submit}>
        <input
          name="text"
          list="known-events"
          maxlength=${longest}
          autocomplete="off"
          aria-label="What happens"
          placeholder=${events[0]!}
          data-testid="happening"
        />
        <datalist id="known-events">
          ${events.map((event) => html`<option value=${event}></option>`)}
        </datalist>
        <button data-testid="tell">Tell</button>
      </form>
      <p class="hint" role="status" data-testid="events-remark">
        ${this._remark === '' ? 'It happens in the next frame.' : this._remark}
      </p>
    </section>`;
  }
}

customElements.define('events-panel', EventsPanel);
