import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Key } from './keys.js';
import { HeldKeys, actionOf, hasNamedKeys } from './keys.js';

const coinrun = ['left+down', 'left', 'left+up', 'down', 'none', 'up', 'right+down', 'right', 'right+up'];

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
  ])('%j is %s', (keys, action) => expect(actionOf(keys, coinrun)).toBe(action));

  test('a world that knows no two at once gets the last one that it knows', () => {
    expect(actionOf(['left', 'up'], ['left', 'right', 'up', 'none'])).toBe('up');
    expect(actionOf(['left', 'up'], ['left', 'right', 'none'])).toBe('left');
    expect(actionOf(['up'], ['left', 'right'])).toBe('none');
  });

  test('is always something that the world knows', () => {
    const keys = fc.uniqueArray(fc.constantFrom<Key>('left', 'right', 'up', 'down'));
    const actions = fc.subarray(coinrun, { minLength: 1 });
    fc.assert(
      fc.property(keys, actions, (held, known) => {
        expect([...known, 'none']).toContain(actionOf(held, known));
      }),
    );
  });
});

test('a keymap says what keys do where actions have other names', () => {
  const codes = ['code 0', 'code 1', 'code 2'];
  const keymap = { left: 'code 2', up: 'code 0', down: 'code 9' };
  expect(actionOf(['left'], codes, keymap)).toBe('code 2');
  expect(actionOf(['left', 'up'], codes, keymap)).toBe('code 0');
  expect(actionOf(['down', 'left'], codes, keymap)).toBe('code 2');
  expect(actionOf(['right'], codes, keymap)).toBe('none');
  expect([hasNamedKeys(codes), hasNamedKeys(coinrun)]).toEqual([false, true]);
});

describe('held keys', () => {
  test('a short tap counts for one frame', () => {
    const keys = new HeldKeys();
    keys.press('up');
    keys.release('up');
    expect(keys.take()).toEqual(['up']);
    expect(keys.take()).toEqual([]);
  });

  test('a held key counts until it is released, the last pressed last', () => {
    const keys = new HeldKeys();
    keys.press('left');
    keys.press('right');
    keys.press('left');
    expect(keys.take()).toEqual(['right', 'left']);
    keys.release('left');
    expect(keys.take()).toEqual(['right']);
    keys.releaseAll();
    expect(keys.take()).toEqual([]);
  });
});
