import type { Place, PlaceReport, SnowGlobe } from '@snowglobe/element';
import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';

export interface PlacesOptions {
  readonly globe: SnowGlobe | null;
  readonly run: Place | 'auto';
  onRun(run: Place | 'auto'): void;
}

const names: Readonly<Record<Place, string>> = { gpu: 'This GPU', cpu: 'This CPU', server: 'The server' };

/** Where the world runs, how fast, and where else it could. */
export function renderPlaces({ globe, run, onRun }: PlacesOptions): TemplateResult {
  const places = globe?.places ?? [];
  const at = globe?.place;
  const why = places.find((each) => each.run === at)?.reason;
  return html`<div class="places">
    <p>
      <output data-testid="fps" aria-label="Frames a second">${globe?.framesPerSecond ?? 0}</output> frames/s
      ${
        at
          ? html`on <strong data-testid="place">${names[at].toLowerCase()}</strong>,
              ${globe?.device}${why ? html`: ${why}` : nothing}`
          : nothing
      }
    </p>
    <label class="field"
      ><span>Runs on</span>
      <select
        data-testid="run"
        @change=${(event: Event) => {
          onRun((event.target as HTMLSelectElement).value as Place | 'auto');
          globe?.focus();
        }}
      >
        <option value="auto" ?selected=${run === 'auto'}>Whatever is best</option>
        ${places.map((place) => html`<option value=${place.run} ?selected=${run === place.run} ?disabled=${!place.available}>${describe(place)}</option>`)}
      </select>
    </label>
  </div>`;
}

function describe({ run, available, reason, device }: PlaceReport): string {
  if (!available) return `${names[run]}: ${reason}`;
  return run === 'server' ? names[run] : `${names[run]}: ${device}`;
}
