import type { CatalogWorld } from '@snowglobe/runtime/internal/core';
import type { TemplateResult } from 'lit';
import { html } from 'lit';
import { siteUrl } from '../catalog/catalog.js';

/** The world's prompts: pictures of places that it never saw. */
export function renderGallery(
  { prompts, width, height }: CatalogWorld,
  current: string | undefined,
  onPick: (prompt: CatalogWorld['prompts'][number]) => void,
): TemplateResult {
  return html`<section aria-labelledby="gallery">
    <h2 id="gallery">Start from a picture</h2>
    ${
      prompts.length === 0
        ? html`<p class="hint">This world brings no pictures; draw one or choose your own.</p>`
        : html`<ul class="gallery">
            ${prompts.map((prompt, i) => {
              const { file, name } = prompt;
              return html`<li>
                <button
                  class="thumbnail"
                  data-testid="prompt"
                  aria-pressed=${file === current}
                  aria-label=${`Start from picture ${i + 1}, ${name}`}
                  @click=${() => onPick(prompt)}
                >
                  <img src=${siteUrl(file)} alt="" width=${width} height=${height} draggable="false" />
                </button>
              </li>`;
            })}
          </ul>`
    }
  </section>`;
}
