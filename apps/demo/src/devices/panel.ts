import type { SnowGlobe } from '@snowglobe/element';
import type { Catalog, CatalogWorld, ServedDevices } from '@snowglobe/runtime/internal/core';
import { parseServedDevices } from '@snowglobe/runtime/internal/core';
import type { TemplateResult } from 'lit';
import { LitElement, html, nothing } from 'lit';
import { siteUrl } from '../catalog/catalog.js';

/** Between two looks, in ms. */
const every = 1000;

type Devices = ServedDevices['worlds'][number]['devices'];

/** What the server plays a world on, and how busy that is, while the world is played there. */
class DevicesPanel extends LitElement {
  static override readonly properties = {
    address: { attribute: false },
    world: { attribute: false },
    _devices: { state: true },
  };
  /** Where the server tells of its devices; undefined where there is nothing to tell. */
  declare address: string | undefined;
  declare world: string;
  declare protected _devices: Devices;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    this.world = '';
    this._devices = [];
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#timer = setInterval(() => void this.#look(), every);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    const { address } = this;
    // Nobody reads what a hidden page shows.
    if (address === undefined || document.hidden) return;
    try {
      const response = await fetch(address, { cache: 'no-store', signal: AbortSignal.timeout(5 * every) });
      const served = response.ok ? parseServedDevices(await response.json()) : undefined;
      this._devices = served?.worlds.find(({ world }) => world === this.world)?.devices ?? [];
    } catch {
      // A server that is gone is told of where the world is played.
      this._devices = [];
    }
  }

  protected override render(): TemplateResult | typeof nothing {
    if (this.address === undefined || this._devices.length === 0) return nothing;
    return html`<section class="devices" aria-labelledby="devices" data-testid="devices">
      <h2 id="devices">What the server plays on</h2>
      <ul>
        ${this._devices.map(describe)}
      </ul>
    </section>`;
  }
}

function describe(each: Devices[number]): TemplateResult {
  const { name, device, state, why, interactive, batch, framesPerSecond, load, frameTimes } = each;
  const count = interactive + batch;
  const took = frameTimes.map(({ rows, ms }) => `${rows}: ${ms.toFixed(ms < 10 ? 1 : 0)} ms`).join(', ');
  return html`<li>
    <strong>${device || name}</strong>
    ${
      state === 'open'
        ? html`<span
              >${count} ${count === 1 ? 'session' : 'sessions'}, ${framesPerSecond.toFixed(0)} frames/s</span
            >
            <meter aria-label=${`Load of ${device || name}`} min="0" max="1" .value=${load}></meter>
            ${took === '' ? nothing : html`<small class="hint">a frame of so many at once: ${took}</small>`}`
        : html`<span>${state === 'lost' ? `lost: ${why}` : 'is being opened'}</span>`
    }
  </li>`;
}

customElements.define('devices-panel', DevicesPanel);

/** The panel, which shows nothing unless the world is played on a server that tells of its devices. */
export function renderDevices(
  catalog: Catalog | undefined,
  globe: SnowGlobe | null,
  world: CatalogWorld | undefined,
): TemplateResult {
  const devices = globe?.place === 'server' ? catalog?.devices : undefined;
  const address = devices === undefined ? undefined : siteUrl(devices);
  return html`<devices-panel .address=${address} .world=${world?.name ?? ''}></devices-panel>`;
}
