import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import type { Key } from './key_bindings.js';

/** What buttons press. */
export interface ButtonTarget {
  press(key: Key): void;
  release(key: Key): void;
}

/**
 * A button that is a key: down as long as a finger, a mouse button, Enter or space is.
 * @param label what it is called, where its content does not say so
 */
export function holdButton(
  target: ButtonTarget,
  key: Key,
  label: string | undefined,
  content: unknown,
  part = 'button',
): TemplateResult {
  const press = (event: PointerEvent): void => {
    // The finger may slide off the button; the key is down until it is lifted.
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
    target.press(key);
  };
  const release = (): void => target.release(key);
  const isPress = ({ code }: KeyboardEvent): boolean => code === 'Enter' || code === 'Space';
  const byKeyboard = (event: KeyboardEvent, act: () => void): void => {
    if (!isPress(event)) return;
    // It would click the button as well.
    event.preventDefault();
    if (!event.repeat) act();
  };
  // A click that neither pointer nor keyboard made: by voice, or by a screen reader.
  const tap = (event: MouseEvent): void => {
    if (event.detail > 0) return;
    target.press(key);
    release();
  };
  return html`<button
    part=${part}
    type="button"
    aria-label=${label ?? nothing}
    @pointerdown=${press}
    @pointerup=${release}
    @pointercancel=${release}
    @lostpointercapture=${release}
    @mousedown=${(event: Event) => event.preventDefault()}
    @click=${tap}
    @keydown=${(event: KeyboardEvent) => byKeyboard(event, () => target.press(key))}
    @keyup=${(event: KeyboardEvent) => byKeyboard(event, release)}
    @blur=${release}
    @contextmenu=${(event: Event) => event.preventDefault()}
  >
    ${content}
  </button>`;
}
