import type { TemplateResult } from 'lit';
import { html } from 'lit';
import { pictureOf } from './own_pictures.js';

/** The part of the page in which one draws or chooses a picture of one's own. */
export function renderOwnPicture(onPicture: (picture: File) => void, onDraw: () => void): TemplateResult {
  const choose = (event: Event): void => {
    const input = event.target as HTMLInputElement;
    const picture = pictureOf(input.files);
    input.value = '';
    if (picture) onPicture(picture);
  };
  return html`<section aria-labelledby="own">
    <h2 id="own">Your own picture</h2>
    <div class="buttons">
      <button data-testid="draw-open" @click=${onDraw}>Draw one</button>
      <label class="button">
        Choose one
        <input type="file" accept="image/*" data-testid="choose" @change=${choose} />
      </label>
    </div>
    <p class="hint">Or drop one anywhere, or paste it.</p>
  </section>`;
}
