import type { WorldInfo } from '@snowglobe/runtime/browser';
import { HeldKeys, actionOf } from './held_keys.js';
import type { Key, KeyBindings, Keymap } from './key_bindings.js';
import { bindKeys } from './key_bindings.js';

/** What somebody wants done in a world: keys that are down, what they mean there, and an action that is held without a key. */
export class Input {
  readonly #keys = new HeldKeys();
  #world: WorldInfo;
  #keymap: Keymap = {};
  #bindings: KeyBindings;
  #held: string | number | undefined;

  constructor(world: WorldInfo) {
    this.#world = world;
    this.#bindings = this.#bind();
  }

  /** The world whose actions are wanted. */
  set world(world: WorldInfo) {
    this.#world = world;
    this.#bindings = this.#bind();
  }

  /** What keys do where somebody wants them to do something else than `bindKeys` says. */
  set keymap(keymap: Keymap) {
    this.#keymap = keymap;
    // What is down may be another key now.
    this.releaseAll();
    this.#bindings = this.#bind();
  }

  /** What keys do in this world. */
  get bindings(): KeyBindings {
    return this.#bindings;
  }

  /** Does one action, by name or number, whatever keys are down, until it is called with none. */
  hold(action: string | number | undefined): void {
    this.#held = action;
  }

  /** Whether somebody wants something done. */
  get isUsed(): boolean {
    return this.#held !== undefined || this.#keys.areDown;
  }

  press(key: Key): void {
    this.#keys.press(key);
  }

  release(key: Key): void {
    this.#keys.release(key);
  }

  releaseAll(): void {
    this.#keys.releaseAll();
  }

  /**
   * The action for the next frame; keys that count once have counted.
   * @param now in ms
   */
  take(now: number): string | number {
    const pressed = this.#keys.take(now);
    return this.#held ?? actionOf(pressed, this.#bindings);
  }

  #bind(): KeyBindings {
    return bindKeys(this.#world.actions, this.#world.synonyms, this.#keymap);
  }
}
