import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HeldKeys, actionOf } from './held_keys.js';
import type { Key } from './key_bindings.js';
import { bindKeys, keyboardKeys } from './key_bindings.js';

const coinrun = ['left+down', 'left', 'left+up', 'down', 'none', 'up', 'right+down', 'right', 'right+up'];
const of = (keys: readonly Key[], actions: readonly string[]): string => actionOf(keys, bindKeys(actions));

describe('what pressed keys mean', () => {
  test.each<[Key[], string]>([
    [[], 'none'],
    [['right'], 'right'],
    [['right', 'up'], 'right+up'],
    [['up', 'right'], 'right+up'],
    [['down', 'left'], 'left+down'],
    // Of opposite keys the last one counts, as players expect who change direction without lifting a finger.
    [['left', 'right'], 'right'],
    [['right', 'left', 'up'], 'left+up'],
  ])('%j is %s', (keys, action) => expect(of(keys, coinrun)).toBe(action));

  test('a world that knows no two at once gets the last one that it knows', () => {
    expect(of(['left', 'up'], ['left', 'right', 'up', 'none'])).toBe('up');
    expect(of(['left', 'up'], ['left', 'right', 'none'])).toBe('left');
    expect(of(['up'], ['left', 'right'])).toBe('none');
  });

  test('of directions and what is none the last one counts, unless the world knows both at once', () => {
    const actions = ['noop', 'move_left', 'move_up', 'move_up_left', 'fire', 'move_left+fire', 'reload'];
    expect(of(['left', 'space'], actions)).toBe('move_left+fire');
    expect(of(['left', 'up', 'space'], actions)).toBe('fire');
    expect(of(['space', 'up', 'left'], actions)).toBe('move_up_left');
    expect(of(['left', '1'], actions)).toBe('reload');
    expect(of(['1', 'right'], actions)).toBe('reload');
  });

  test('is always something that the world knows', () => {
    const keys = fc.uniqueArray(fc.constantFrom(...keyboardKeys), { maxLength: 5 });
    const names = [...coinrun, 'noop', 'do', 'use', 'jump', 'turn_left', 'up_left', 'place table', 'left+do'];
    fc.assert(
      fc.property(keys, fc.subarray(names, { minLength: 1 }), (held, known) => {
        expect([...known, 'none']).toContain(of(held, known));
      }),
    );
  });
});

describe('held keys', () => {
  test('a short tap counts for one frame', () => {
    const keys = new HeldKeys();
    for (const key of ['up', '3'] as const) {
      keys.press(key);
      keys.release(key);
      expect(keys.take(0)).toEqual([key]);
      expect(keys.take(10)).toEqual([]);
    }
  });

  test('a held key counts until it is released, the last pressed last', () => {
    const keys = new HeldKeys();
    keys.press('left');
    keys.press('right');
    keys.press('left');
    expect(keys.take(0)).toEqual(['right', 'left']);
    keys.release('left');
    expect(keys.take(10)).toEqual(['right']);
    keys.releaseAll();
    expect(keys.take(20)).toEqual([]);
  });

  test('what is no direction and not space counts once, and goes on after half a second', () => {
    const keys = new HeldKeys();
    keys.press('right');
    keys.press('space');
    keys.press('1');
    const taken = Array.from({ length: 7 }, (_, frame) => keys.take(1000 + frame * 125).at(-1));
    expect(taken).toEqual(['1', 'space', 'space', 'space', '1', '1', '1']);
    keys.release('1');
    keys.release('space');
    expect(keys.take(2000)).toEqual(['right']);
    keys.press('1');
    expect(keys.take(2100)).toEqual(['right', '1']);
  });
});
