import type { SnowGlobe } from '@snowglobe/element';
import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';

/** How far a walk of somebody else has come. */
export function renderWalkLine(globe: SnowGlobe | null): TemplateResult | typeof nothing {
  if (!globe || globe.walkLength === 0) return nothing;
  return html`<p class="hint" role="status" data-testid="walk">
    A walk that somebody shared: frame ${globe.index} of ${globe.walkLength}. A key that you press takes over.
  </p>`;
}
