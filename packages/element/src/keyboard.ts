import type { Input } from './input.js';
import type { Key } from './key_bindings.js';
import { keyOfCode } from './key_bindings.js';

/** What a keyboard can ask of a world. */
export interface KeyboardTarget {
  /** What a place on the keyboard is in the world that is open; undefined where it is nothing. */
  keyOf(code: string): Key | undefined;
  press(key: Key): void;
  release(key: Key): void;
  releaseAll(): void;
  rewind(): void;
  stopRewind(): void;
  togglePause(): void;
  step(): void;
}

/** What keys do to an element that plays worlds. */
export function keyboardOf(
  element: Pick<KeyboardTarget, 'rewind'> & {
    readonly paused: boolean;
    play(): void;
    pause(): void;
    step(): Promise<void>;
    stopRewind(): Promise<void>;
  },
  player: () => { readonly input: Input } | undefined,
): KeyboardTarget {
  return {
    keyOf: (code) => {
      const input = player()?.input;
      return input && keyOfCode(code, input.bindings);
    },
    press: (key) => player()?.input.press(key),
    release: (key) => player()?.input.release(key),
    releaseAll: () => player()?.input.releaseAll(),
    rewind: () => element.rewind(),
    stopRewind: () => void element.stopRewind(),
    togglePause: () => (element.paused ? element.play() : element.pause()),
    step: () => void element.step(),
  };
}

/** The worlds of a page; keys go to the one that was used last. */
const targets: KeyboardTarget[] = [];

const rewindCodes = new Set(['Backspace', 'KeyR']);

/** Gives the keyboard to a world, until another one takes it. */
export function takeKeyboard(target: KeyboardTarget): void {
  if (targets.length === 0) {
    window.addEventListener('keydown', onKeyDown);
    window.addEventListener('keyup', onKeyUp);
    window.addEventListener('blur', onBlur);
  }
  if (targets[0] !== target) targets[0]?.releaseAll();
  leaveKeyboard(target, false);
  targets.unshift(target);
}

/** Takes a world out of the list. */
export function leaveKeyboard(target: KeyboardTarget, last = true): void {
  const at = targets.indexOf(target);
  if (at >= 0) targets.splice(at, 1);
  if (targets.length > 0 || !last) return;
  window.removeEventListener('keydown', onKeyDown);
  window.removeEventListener('keyup', onKeyUp);
  window.removeEventListener('blur', onBlur);
}

/** Whether someone is writing, or a control has its own use for the key. */
function isTaken(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return true;
  const path = event.composedPath();
  return path.some((each) => {
    if (!(each instanceof HTMLElement)) return false;
    if (each.isContentEditable || each.matches('dialog, [role=dialog], [data-keeps-keys]')) return true;
    if (each.matches('textarea, select, input:not([type=checkbox], [type=button])')) return true;
    const presses = event.code === 'Space' || event.code === 'Enter';
    if (each.matches('[role=radio], [role=tab], [role=option], input[type=radio]'))
      return !/^(Key|Digit)/.test(event.code);
    return presses && each.matches('button, a, summary, input, [role=button]');
  });
}

function onKeyDown(event: KeyboardEvent): void {
  const target = targets[0];
  if (!target || event.defaultPrevented || isTaken(event)) return;
  const key = target.keyOf(event.code);
  if (key) {
    // Arrows and space would scroll the page, letters and digits search in it.
    event.preventDefault();
    if (!event.repeat) target.press(key);
  } else if (rewindCodes.has(event.code)) {
    event.preventDefault();
    if (!event.repeat) target.rewind();
  } else if (event.code === 'KeyP' && !event.repeat) target.togglePause();
  else if (event.code === 'Period') target.step();
}

function onKeyUp(event: KeyboardEvent): void {
  const target = targets[0];
  const key = target?.keyOf(event.code);
  if (key) target?.release(key);
  else if (rewindCodes.has(event.code)) target?.stopRewind();
}

/** A key that is let go while another window has the keyboard is never heard of. */
function onBlur(): void {
  targets[0]?.releaseAll();
  targets[0]?.stopRewind();
}
