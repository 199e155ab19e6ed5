import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import type { ButtonTarget } from './hold_button.js';
import { holdButton } from './hold_button.js';
import type { KeyBindings } from './key_bindings.js';

/** Buttons on the picture, for fingers: directions, and what space does where that is something else. */
export function renderPad(target: ButtonTarget, bindings: KeyBindings | undefined): TemplateResult {
  const act = bindings?.all.find(({ key }) => key === 'space');
  const up = bindings?.actionOf.get('up') ?? 'up';
  return html`<div class="pad" part="pad">
    <div>${holdButton(target, 'left', 'Left', '◀')}${holdButton(target, 'right', 'Right', '▶')}</div>
    <div>
      ${act ? holdButton(target, 'space', act.label, '●') : nothing}
      ${holdButton(target, 'down', 'Down', '▼')}
      ${holdButton(target, 'up', !act && /^(up|jump)$/.test(up) ? 'Jump' : 'Up', '▲')}
    </div>
  </div>`;
}
