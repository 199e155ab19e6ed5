/** What a player can press. */
export type Key = 'left' | 'right' | 'up' | 'down';

/** What keyboards call it: by place on the keyboard, so that WASD is WASD in every layout. */
export const keyOfCode: Readonly<Record<string, Key>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
  KeyA: 'left',
  KeyD: 'right',
  KeyW: 'up',
  KeyS: 'down',
  Space: 'up',
};

/**
 * The keys that are down. A key that was pressed and released between two frames counts for the next frame all the same:
 * a short tap must not be lost.
 */
export class HeldKeys {
  /** In the order in which they were pressed last. */
  readonly #pressed = new Map<Key, { isDown: boolean; counted: boolean }>();

  press(key: Key): void {
    this.#pressed.delete(key);
    this.#pressed.set(key, { isDown: true, counted: false });
  }

  release(key: Key): void {
    const pressed = this.#pressed.get(key);
    if (pressed?.counted) this.#pressed.delete(key);
    else if (pressed) pressed.isDown = false;
  }

  releaseAll(): void {
    this.#pressed.clear();
  }

  /** The keys that count for the next frame, last pressed last. */
  take(): readonly Key[] {
    const keys = [...this.#pressed.keys()];
    for (const [key, pressed] of this.#pressed) {
      pressed.counted = true;
      if (!pressed.isDown) this.#pressed.delete(key);
    }
    return keys;
  }
}

const opposite: Readonly<Record<Key, Key>> = { left: 'right', right: 'left', up: 'down', down: 'up' };

/** What keys do in worlds whose actions have other names: an action a key. */
export type Keymap = Readonly<Partial<Record<Key, string>>>;

/**
 * The action that pressed keys mean in a world: of two opposite ones the last counts; two at once are what the world calls
 * `right+up` if it knows that, else the last one that it knows; nothing is `none`, which every world knows.
 *
 * @param keys last pressed last
 * @param actions that the world knows
 */
export function actionOf(keys: readonly Key[], actions: readonly string[], keymap: Keymap = {}): string {
  const known = new Set(actions);
  const effective = keys.filter((key, i) => !keys.slice(i + 1).includes(opposite[key]));
  for (const name of [effective.join('+'), [...effective].reverse().join('+')]) {
    if (effective.length > 1 && known.has(name)) return name;
  }
  const meanings = [...effective].reverse().map((key) => keymap[key] ?? key);
  return meanings.find((name) => known.has(name)) ?? 'none';
}

/** Whether a world's actions are called so that keys mean something without a keymap. */
export function hasNamedKeys(actions: readonly string[]): boolean {
  return (['left', 'right', 'up', 'down'] as const).some((key) => actions.includes(key));
}
