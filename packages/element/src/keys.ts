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
  /** In the order in which they were pressed last; whether each is still down. */
  readonly #pressed = new Map<Key, boolean>();

  press(key: Key): void {
    this.#pressed.delete(key);
    this.#pressed.set(key, true);
  }

  release(key: Key): void {
    if (this.#pressed.has(key)) this.#pressed.set(key, false);
  }

  releaseAll(): void {
    this.#pressed.clear();
  }

  /** The keys that count for the next frame, last pressed last. */
  take(): readonly Key[] {
    const keys = [...this.#pressed.keys()];
    for (const [key, isDown] of this.#pressed) if (!isDown) this.#pressed.delete(key);
    return keys;
  }
}

const opposite: Readonly<Record<Key, Key>> = { left: 'right', right: 'left', up: 'down', down: 'up' };

/**
 * The action that pressed keys mean in a world: of two opposite ones the last counts; two at once are what the world calls
 * `right+up` if it knows that, else the last one that it knows; nothing is `none`.
 *
 * @param keys last pressed last
 * @param actions that the world knows
 */
export function actionOf(keys: readonly Key[], actions: readonly string[]): string {
  const known = new Set(actions);
  const effective = keys.filter((key, i) => !keys.slice(i + 1).includes(opposite[key]));
  for (const name of [effective.join('+'), [...effective].reverse().join('+')]) {
    if (effective.length > 1 && known.has(name)) return name;
  }
  const single = [...effective].reverse().find((key) => known.has(key));
  return single ?? (known.has('none') ? 'none' : (actions[0] ?? 'none'));
}
