import type { TemplateResult } from 'lit';
import { html } from 'lit';
import type { Key } from './keys.js';

/** What the buttons press. */
export interface PadTarget {
  press(key: Key): void;
  release(key: Key): void;
}

/** Buttons on the picture, for fingers. */
export function renderPad(target: PadTarget): TemplateResult {
  return html`<div class="pad" part="pad">
    <div>${button(target, 'left', 'Left', '◀')}${button(target, 'right', 'Right', '▶')}</div>
    <div>${button(target, 'down', 'Down', '▼')}${button(target, 'up', 'Jump', '▲')}</div>
  </div>`;
}

function button(target: PadTarget, key: Key, label: string, sign: string): TemplateResult {
  const press = (event: PointerEvent): void => {
    // The finger may slide off the button; the key is down until it is lifted.
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
    target.press(key);
  };
  const release = (): void => target.release(key);
  return html`<button
    part="button"
    type="button"
    aria-label=${label}
    @pointerdown=${press}
    @pointerup=${release}
    @pointercancel=${release}
    @lostpointercapture=${release}
    @keydown=${(event: KeyboardEvent) => event.code === 'Enter' && target.press(key)}
    @keyup=${release}
    @contextmenu=${(event: Event) => event.preventDefault()}
  >
    ${sign}
  </button>`;
}
