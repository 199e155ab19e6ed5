import type { Key, Keymap, SnowGlobe } from '@snowglobe/element';
import type { TemplateResult } from 'lit';
import { html } from 'lit';

const keys: readonly (readonly [Key, string])[] = [
  ['left', 'Left'],
  ['right', 'Right'],
  ['up', 'Up, or space'],
  ['down', 'Down'],
];

/**
 * For worlds that were learned without key logs: they know what can happen, not what people call it. Hold a button to see what
 * it does, then give it a key.
 */
export function renderNameKeys(
  globe: SnowGlobe,
  keymap: Keymap,
  onKeymap: (keymap: Keymap) => void,
): TemplateResult {
  const actions = (globe.info?.actions ?? []).filter(
    (name) => name !== 'none' && name !== 'wait' && name !== 'stay',
  );
  const release = (): void => globe.hold();
  const isPress = (event: KeyboardEvent): boolean => event.code === 'Space' || event.code === 'Enter';
  return html`<section aria-labelledby="name-keys" data-testid="name-keys">
    <h2 id="name-keys">Name the keys</h2>
    <p class="hint">
      This world was learned without key logs. Hold one to see what it does, then give it a key.
    </p>
    <div class="buttons try">
      ${actions.map(
        (action) =>
          html`<button
            @pointerdown=${(event: PointerEvent) => {
              (event.currentTarget as Element).setPointerCapture(event.pointerId);
              globe.hold(action);
            }}
            @lostpointercapture=${release}
            @keydown=${(event: KeyboardEvent) => isPress(event) && globe.hold(action)}
            @keyup=${release}
          >
            ${action}
          </button>`,
      )}
    </div>
    <div class="key-names">
      ${keys.map(
        ([key, label]) =>
          html`<label class="field"
            ><span>${label}</span>
            <select
              data-testid=${`key-${key}`}
              @change=${(event: Event) => {
                const action = (event.target as HTMLSelectElement).value;
                onKeymap({ ...keymap, [key]: action === '' ? undefined : action });
              }}
            >
              <option value="" ?selected=${!keymap[key]}>nothing</option>
              ${actions.map((action) => html`<option ?selected=${keymap[key] === action}>${action}</option>`)}
            </select></label
          >`,
      )}
    </div>
  </section>`;
}

const storageKey = (world: string): string => `snowglobe-keys-${world}`;

/** What a visitor called the keys of a world last time. */
export function keptKeymap(world: string): Keymap {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(storageKey(world)) ?? '{}');
    if (typeof value !== 'object' || value === null) return {};
    const named = keys.map(([key]) => [key, (value as Record<string, unknown>)[key]] as const);
    return Object.fromEntries(named.filter(([, action]) => typeof action === 'string')) as Keymap;
  } catch {
    return {};
  }
}

export function keepKeymap(world: string, keymap: Keymap): void {
  try {
    localStorage.setItem(storageKey(world), JSON.stringify(keymap));
  } catch {
    // Private windows remember nothing.
  }
}
