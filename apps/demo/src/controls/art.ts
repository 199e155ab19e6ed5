import type { CatalogWorld } from '@snowglobe/runtime/internal/core';
import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import { pictureOf } from '../pictures/own_pictures.js';
import { siteUrl } from '../catalog/catalog.js';

/** Address or file of an atlas; empty: the world's own art. */
export type ArtChoice = string | File;

/** The art that a world is shown in unless somebody chooses another one. */
export const usualArt = ({ skins }: CatalogWorld): ArtChoice => (skins[0] ? siteUrl(skins[0].file) : '');

/** In which art the world is drawn. */
export function renderArt(
  world: CatalogWorld,
  chosen: ArtChoice,
  onArt: (art: ArtChoice) => void,
): TemplateResult {
  const take = (event: Event): void => {
    const picture = pictureOf((event.target as HTMLInputElement).files);
    (event.target as HTMLInputElement).value = '';
    if (picture) onArt(picture);
  };
  const option = (value: string, label: string, selected: boolean): TemplateResult =>
    html`<option value=${value} ?selected=${selected}>${label}</option>`;
  return html`<section aria-labelledby="art">
    <h2 id="art">Art</h2>
    <div class="buttons">
      <select
        aria-labelledby="art"
        data-testid="art"
        @change=${(event: Event) => {
          const { value } = event.target as HTMLSelectElement;
          onArt(value === 'own' && typeof chosen !== 'string' ? chosen : value);
        }}
      >
        ${world.skins.map(({ name, file }) => option(siteUrl(file), labelOf(name, world.name), chosen === siteUrl(file)))}
        ${option('', 'As it was recorded', chosen === '')}
        ${typeof chosen === 'string' ? nothing : option('own', chosen.name, true)}
      </select>
      <label class="button">
        Choose an atlas
        <input type="file" accept="image/*" data-testid="choose-art" @change=${take} />
      </label>
    </div>
    <p class="hint">
      <code>snowglobe atlas ${world.name} --out atlas.png</code> writes its tiles as a picture: paint it, and
      drop it at the foot of the page.
    </p>
  </section>`;
}

/** `crafter-16` of the world `crafter` has 16 pixels a tile. */
function labelOf(name: string, world: string): string {
  const pixels = name.startsWith(`${world}-`) ? /^\d+$/.exec(name.slice(world.length + 1))?.[0] : undefined;
  return pixels === undefined ? name : `${pixels} pixels a tile`;
}
