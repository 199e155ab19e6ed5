import type { CatalogWorld } from '@snowglobe/runtime/internal/core';
import { formatBytes } from '@snowglobe/runtime/internal/core';
import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import { siteUrl } from '../catalog/catalog.js';

/** The worlds of the site: a picture, the name, and a line on each. */
export function renderWorlds(
  worlds: readonly CatalogWorld[],
  current: CatalogWorld,
  onPick: (world: CatalogWorld) => void,
): TemplateResult | typeof nothing {
  if (worlds.length < 2) return nothing;
  return html`<section aria-labelledby="worlds">
    <h2 id="worlds">Worlds</h2>
    <ul class="worlds">
      ${worlds.map((world) => {
        const { name, bytes, about } = world;
        return html`<li>
          <button
            class="world"
            data-testid="world"
            data-name=${name}
            aria-pressed=${name === current.name}
            @click=${() => onPick(world)}
          >
            ${renderThumbnail(world)}
            <span><strong>${name}</strong> <small>${formatBytes(bytes)}</small></span>
            ${about === undefined ? nothing : html`<span class="line">${about}</span>`}
          </button>
        </li>`;
      })}
    </ul>
  </section>`;
}

/** The world in motion; its first picture where there is none, and for those who want nothing to move. */
function renderThumbnail({
  thumbnail,
  prompts,
  width,
  height,
}: CatalogWorld): TemplateResult | typeof nothing {
  const still = prompts[0]?.file;
  const shown = thumbnail ?? still;
  if (shown === undefined) return nothing;
  return html`<picture>
    ${
      still === undefined
        ? nothing
        : html`<source media="(prefers-reduced-motion: reduce)" srcset=${siteUrl(still)} />`
    }
    <img
      src=${siteUrl(shown)}
      alt=""
      width=${width}
      height=${height}
      loading="lazy"
      draggable="false"
      data-testid="thumbnail"
    />
  </picture>`;
}
