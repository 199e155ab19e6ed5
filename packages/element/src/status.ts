import type { WorldProgress } from '@snowglobe/runtime/browser';
import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';

/** What is going on before there is a picture, or why there is none. */
export function renderStatus(status: WorldProgress | string | undefined): TemplateResult | typeof nothing {
  if (status === undefined) return nothing;
  if (typeof status === 'string') return html`<div>${status}</div>`;
  if (status.what === 'prepare') return html`<div>Preparing the world</div>`;
  const { done, total } = status;
  return html`<div>
    Loading the world, ${(done / 1e6).toFixed(1)} of ${(total / 1e6).toFixed(1)} MB
    <progress max="1" value=${done / Math.max(1, total)} aria-label="Loading the world"></progress>
  </div>`;
}
