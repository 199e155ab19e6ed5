import type { Direction, Key, KeyBindings } from './key_bindings.js';
import { isDirection } from './key_bindings.js';

/** How long a key that is no direction and not space is held before it counts again, in ms. */
const repeatDelay = 500;

/** Directions and space go on while they are held: who walks or chops presses once. */
const goesOn = (key: Key): boolean => isDirection(key) || key === 'space';

/**
 * The keys that are down. A key that was pressed and released between two frames counts for the next frame all the same:
 * a short tap must not be lost.
 *
 * Directions and space count for every frame while they are held. Others count once, and go on after half a second, as keys
 * of a keyboard do: a finger stays down for about 100 ms, two frames of twenty a second, and what they do often costs
 * something (a table, a pickaxe), which nobody wants to pay twice; meanwhile what was held before goes on.
 */
export class HeldKeys {
  /** In the order in which they were pressed last. */
  readonly #pressed = new Map<Key, { isDown: boolean; counted: number | undefined }>();

  /** Whether a key is down, or was since the last frame. */
  get areDown(): boolean {
    return this.#pressed.size > 0;
  }

  press(key: Key): void {
    this.#pressed.delete(key);
    this.#pressed.set(key, { isDown: true, counted: undefined });
  }

  release(key: Key): void {
    const pressed = this.#pressed.get(key);
    if (pressed?.counted !== undefined) this.#pressed.delete(key);
    else if (pressed) pressed.isDown = false;
  }

  releaseAll(): void {
    this.#pressed.clear();
  }

  /**
   * The keys that count for the next frame, last pressed last.
   * @param now in ms
   */
  take(now: number): readonly Key[] {
    const keys: Key[] = [];
    for (const [key, pressed] of this.#pressed) {
      const { counted } = pressed;
      if (counted === undefined || goesOn(key) || now - counted >= repeatDelay) keys.push(key);
      pressed.counted ??= now;
      if (!pressed.isDown) this.#pressed.delete(key);
    }
    return keys;
  }
}

const opposite: Readonly<Record<Direction, Direction>> = {
  ...{ left: 'right', right: 'left', up: 'down', down: 'up' },
};

/**
 * The action that pressed keys mean in a world: of two opposite ones the last counts; several at once are what the world
 * calls them together (`right+up`) if it knows that, else what the last one does; nothing is `none`, which every world knows.
 *
 * @param keys last pressed last
 */
export function actionOf(keys: readonly Key[], bindings: KeyBindings): string {
  const effective = keys.filter((key, i) => !isDirection(key) || !keys.slice(i + 1).includes(opposite[key]));
  const together = (some: readonly Key[]): string | undefined =>
    bindings.combinations.get([...some].sort().join('+'));
  const last = effective.findLast((key) => bindings.actionOf.has(key));
  const walking =
    last === undefined || isDirection(last) ? together(effective.filter(isDirection)) : undefined;
  return together(effective) ?? walking ?? (last === undefined ? 'none' : bindings.actionOf.get(last)!);
}
