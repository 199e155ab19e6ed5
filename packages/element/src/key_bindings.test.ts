import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { actionOf } from './held_keys.js';
import { bindKeys, hasNamedKeys, hasOtherKeys, keyOfCode, keyboardKeys } from './key_bindings.js';

const crafter = [
  ...['noop', 'move_left', 'move_right', 'move_up', 'move_down', 'do', 'sleep'],
  ...['place_stone', 'place_table', 'place_furnace', 'place_plant'],
  ...['make_wood_pickaxe', 'make_stone_pickaxe', 'make_iron_pickaxe'],
  ...['make_wood_sword', 'make_stone_sword', 'make_iron_sword', 'none', 'stay', 'wait'],
];
/** Keys and what they do, in order. */
const keysOf = (...given: Parameters<typeof bindKeys>): Record<string, string> =>
  Object.fromEntries(bindKeys(...given).all.map(({ key, action }) => [key, action]));
const directions = { left: 'left', right: 'right', up: 'up', down: 'down' };

describe('keys for the actions of a world', () => {
  test('Crafter: arrows, space, and a key for each of the rest in order', () => {
    expect(bindKeys(crafter).all.map(({ key, label }) => `${key} ${label}`)).toEqual([
      ...['left move left', 'right move right', 'up move up', 'down move down', 'space do', '1 sleep'],
      ...['2 place stone', '3 place table', '4 place furnace', '5 place plant'],
      ...['6 make wood pickaxe', '7 make stone pickaxe', '8 make iron pickaxe'],
      ...['9 make wood sword', '0 make stone sword', 'e make iron sword'],
    ]);
    expect(actionOf([], bindKeys(crafter))).toBe('none');
  });

  test('directions however they are spelled', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('', 'move', 'go', 'turn', 'Walk'),
        fc.constantFrom('_', ' ', '-'),
        fc.boolean(),
        (verb, between, loud) => {
          const spell = (way: string): string => {
            const name = verb === '' ? way : verb + between + way;
            return loud ? name.toUpperCase() : name;
          };
          const spelled = Object.keys(directions).map(spell);
          const bindings = bindKeys(['none', ...spelled, spell('right') + '+' + spell('up')]);
          expect(bindings.all.map(({ key, action }) => [key, action])).toEqual(
            Object.keys(directions).map((way) => [way, spell(way)]),
          );
          expect(actionOf(['up', 'right'], bindings)).toBe(`${spell('right')}+${spell('up')}`);
        },
      ),
    );
    expect(keysOf(['moveLeft', 'go east', 'north', 'forward', 'backward'])).toEqual({
      ...{ left: 'moveLeft', right: 'go east', up: 'north', down: 'backward' },
      1: 'forward',
    });
    expect(keysOf(['turn_left', 'left', 'forward'])).toEqual({ left: 'left', up: 'forward', 1: 'turn_left' });
  });

  test('directions alone leave space to up', () => {
    const coinrun = ['left', 'left+up', 'none', 'up', 'right', 'right+up', 'down', 'jump', 'stay', 'wait'];
    const bindings = bindKeys(coinrun, ['jump', 'stay', 'wait']);
    expect(Object.fromEntries(bindings.actionOf)).toEqual(directions);
    expect([hasOtherKeys(bindings), keyOfCode('Space', bindings)]).toEqual([false, 'up']);
    // A jump that is not another word for up.
    expect(keysOf(coinrun, ['stay', 'wait'])).toEqual({ ...directions, space: 'jump' });
    expect(keysOf(['left', 'right', 'jump'])).toEqual({ left: 'left', right: 'right', up: 'jump' });
  });

  test('one act has space, the best known; idling has none', () => {
    expect(keysOf(['fire', 'noop', 'use', 'idle', 'toggle'])).toEqual({
      space: 'use',
      1: 'fire',
      2: 'toggle',
    });
  });

  test('the keymap of the user wins', () => {
    const codes = ['code 0', 'code 1', 'code 2', 'none'];
    expect(keysOf(codes)).toEqual({ 1: 'code 0', 2: 'code 1', 3: 'code 2' });
    const keymap = { left: 'code 2', up: 'code 0', down: 'code 9' };
    const bindings = bindKeys(codes, [], keymap);
    expect(Object.fromEntries(bindings.actionOf)).toEqual({ left: 'code 2', up: 'code 0', 1: 'code 1' });
    expect(actionOf(['left', 'up'], bindings)).toBe('code 0');
    expect(actionOf(['down', 'left'], bindings)).toBe('code 2');
    expect(actionOf(['right'], bindings)).toBe('none');
    expect(keysOf(crafter, [], { space: 'sleep', 1: 'do' })).toMatchObject({ 1: 'do', space: 'sleep' });
    // An action that the world does not know: the key does nothing, and what it would have done has another one.
    expect(keysOf(['left', 'right'], [], { left: 'nowhere' })).toEqual({ right: 'right', 1: 'left' });
    expect([hasNamedKeys(codes), hasNamedKeys(crafter), hasNamedKeys(['left'])]).toEqual([false, true, true]);
  });

  test('whatever the names are, each action is reached by one key or by several, and no two by the same', () => {
    const word = fc.constantFrom(
      'left',
      'up',
      'move',
      'do',
      'jump',
      'forward',
      'x',
      'constructor',
      '__proto__',
    );
    const name = fc
      .array(word, { minLength: 1, maxLength: 3 })
      .chain((words) => fc.constantFrom('_', '+', ' ').map((between) => words.join(between)));
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 60 }), (actions) => {
        const { all, combinations } = bindKeys(actions);
        const single = all.map(({ action }) => action);
        expect(new Set(single).size).toBe(single.length);
        expect(new Set(all.map(({ key }) => key)).size).toBe(single.length);
        const together = new Set(combinations.values());
        // Two spellings of the same keys: the last one has them.
        for (const action of actions.filter((each) => !/[+_ ]/.test(each)))
          expect([action, single.includes(action)]).toEqual([action, true]);
        for (const action of together) expect(single).not.toContain(action);
      }),
    );
    const many = bindKeys(Array.from({ length: 43 }, (_, i) => `action ${i}`)).all;
    expect(many.length).toBe(43);
    expect(many.slice(-2).every(({ key }) => !keyboardKeys.includes(key))).toBe(true);
  });
});

test('places on the keyboard are keys where they do something', () => {
  const bindings = bindKeys(crafter);
  const of = (...codes: string[]) => codes.map((code) => keyOfCode(code, bindings));
  expect(of('ArrowLeft', 'KeyA', 'KeyW', 'Space')).toEqual(['left', 'left', 'up', 'space']);
  expect(of('Digit1', 'Numpad1', 'Digit0', 'KeyE')).toEqual(['1', '1', '0', 'e']);
  // Free, or for winding back and pausing.
  expect(of('KeyF', 'KeyR', 'KeyP', 'Period', 'Enter', '__proto__')).toEqual(Array(6).fill(undefined));
});
