import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';

/** What went wrong, until somebody has read it. */
export function renderError(
  error: string | undefined,
  onDismiss: () => void,
): TemplateResult | typeof nothing {
  if (error === undefined) return nothing;
  return html`<div class="error" role="alert" data-testid="error">
    <p>${error}</p>
    <button class="plain" aria-label="Dismiss" @click=${onDismiss}>✕</button>
  </div>`;
}

/**
 * What becomes of a file that is about to be dropped.
 * @param takesAtlas whether the world can be drawn in other art
 */
export function renderDrop(takesAtlas: boolean): TemplateResult {
  return html`<div class="drop" aria-hidden="true">
    <p>Drop it, and walk into it</p>
    ${takesAtlas ? html`<p class="foot">Here: an atlas, to draw the world with</p>` : nothing}
  </div>`;
}
