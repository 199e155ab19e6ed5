import type { KeyBinding } from '@snowglobe/element';
import type { CatalogWorld } from '@snowglobe/runtime/internal/core';
import { formatBytes } from '@snowglobe/runtime/internal/core';
import type { TemplateResult } from 'lit';
import { html } from 'lit';
import { siteUrl } from '../catalog/catalog.js';

/**
 * What this is, how it is played, and how to have it on a page of one's own.
 * @param keys of the world, once it is open
 */
export function renderAbout(world: CatalogWorld, keys: readonly KeyBinding[]): TemplateResult {
  const snippet = [
    `<script type="module" src="${siteUrl('element/snow-globe.js')}"></script>`,
    `<snow-globe src="${siteUrl(world.file)}"`,
    `            prompt="${siteUrl(world.prompts[0]?.file ?? 'picture.png')}" controls></snow-globe>`,
  ].join('\n');
  const copy = (event: Event): void => {
    const button = event.currentTarget as HTMLButtonElement;
    const told = (text: string): void => {
      button.textContent = text;
      setTimeout(() => (button.textContent = 'Copy'), 2000);
    };
    navigator.clipboard.writeText(snippet).then(
      () => told('Copied'),
      () => told('Select it by hand'),
    );
  };
  return html`<div class="about">
    <section aria-labelledby="what">
      <h2 id="what">What you see</h2>
      <p>
        No game runs here. A neural network of ${(world.parameters / 1e6).toFixed(1)} million numbers,
        ${formatBytes(world.bytes)} in all, watched recordings and learned how pictures look, what a player
        can do, and what comes next. It imagines every frame from the one before and from your keys.
      </p>
      <p class="hint">Learned from ${world.data}. ${world.licences.join('; ')}.</p>
    </section>
    <section aria-labelledby="keys">
      <h2 id="keys">Keys</h2>
      <dl class="keys">
        ${renderWorldKeys(keys)}
        <div>
          <dt><kbd>Backspace</kbd> or <kbd>R</kbd>, held</dt>
          <dd>wind back</dd>
        </div>
        <div>
          <dt><kbd>P</kbd></dt>
          <dd>pause</dd>
        </div>
        <div>
          <dt><kbd>.</kbd></dt>
          <dd>one frame</dd>
        </div>
      </dl>
    </section>
    <section aria-labelledby="embed">
      <h2 id="embed">On your own page</h2>
      <pre tabindex="0" aria-label="The tag to copy"><code>${snippet}</code></pre>
      <button data-testid="copy" @click=${copy}>Copy</button>
    </section>
  </div>`;
}

/** Where space is a key of its own, arrows walk in four directions, and other keys stand under the picture. */
function renderWorldKeys(keys: readonly KeyBinding[]): TemplateResult {
  const act = keys.find(({ key }) => key === 'space');
  if (!act) {
    return html`<div>
        <dt><kbd>←</kbd> <kbd>→</kbd> or <kbd>A</kbd> <kbd>D</kbd></dt>
        <dd>walk</dd>
      </div>
      <div>
        <dt><kbd>↑</kbd>, <kbd>W</kbd> or <kbd>Space</kbd></dt>
        <dd>jump</dd>
      </div>`;
  }
  return html`<div>
      <dt><kbd>←</kbd> <kbd>↑</kbd> <kbd>↓</kbd> <kbd>→</kbd> or <kbd>WASD</kbd></dt>
      <dd>move</dd>
    </div>
    <div>
      <dt><kbd>Space</kbd></dt>
      <dd>${act.label}</dd>
    </div>`;
}
