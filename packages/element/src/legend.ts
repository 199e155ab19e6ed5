import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import type { ButtonTarget } from './hold_button.js';
import { holdButton } from './hold_button.js';
import type { Key, KeyBinding, KeyBindings } from './key_bindings.js';
import { isDirection } from './key_bindings.js';

/** What each key of a world does, under its picture: buttons for all that are no directions. */
export function renderLegend(target: ButtonTarget, { all }: KeyBindings): TemplateResult {
  const walks = all.some(({ key }) => isDirection(key));
  const others = all.filter(({ key }) => !isDirection(key));
  return html`<div class="legend" part="legend" role="group" aria-label="Keys">
    ${
      walks
        ? html`<span class="walk"><kbd>←</kbd><kbd>↑</kbd><kbd>↓</kbd><kbd>→</kbd> or WASD: move</span>`
        : nothing
    }
    ${others.map((binding) => renderKey(target, binding))}
  </div>`;
}

function renderKey(target: ButtonTarget, { key, label }: KeyBinding): TemplateResult {
  const sign = signOf(key);
  const content = html`${sign === '' ? nothing : html`<kbd aria-hidden="true">${sign}</kbd>`}${label}`;
  return holdButton(target, key, undefined, content, 'key');
}

/** What stands on the key; nothing where there is none. */
function signOf(key: Key): string {
  if (key === 'space') return 'Space';
  return key.startsWith('button') ? '' : key.toUpperCase();
}
