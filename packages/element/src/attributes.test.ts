import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { fileName, fpsOf, keymapOf, runOf, seedOf, temperatureOf, textOf } from './attributes.js';

/** What frameworks write where nothing was chosen, a template was not filled in, or a calculation failed. */
const nothing = [null, undefined, '', ' ', 'null', 'undefined', 'NaN', '{{seed}}', 'abc', NaN, {}, [], true];

test('what is no value is the default', () => {
  for (const each of nothing) {
    expect([each, seedOf(each), fpsOf(each), temperatureOf(each)]).toEqual([each, 0, undefined, undefined]);
    expect([each, runOf(each), keymapOf(each)]).toEqual([each, 'auto', {}]);
  }
  expect([textOf(null), textOf(undefined), textOf('a'), textOf(7)]).toEqual(['', '', 'a', '7']);
});

test('numbers may be written as text', () => {
  fc.assert(fc.property(fc.maxSafeInteger(), (seed) => void expect(seedOf(String(seed))).toBe(seed)));
  expect([seedOf('1.5'), seedOf(1e300), seedOf(' 7 ')]).toEqual([0, 0, 7]);
  expect([fpsOf('0'), fpsOf(0), fpsOf('12.5'), fpsOf('-5'), fpsOf(Infinity)]).toEqual([
    0,
    0,
    12.5,
    undefined,
    Infinity,
  ]);
  expect([temperatureOf('0'), temperatureOf('-1'), temperatureOf('Infinity')]).toEqual([0, -1, undefined]);
});

test('a keymap is what is one in it, as an object or as JSON', () => {
  expect(keymapOf({ left: 'code 1', right: 3, fire: 'code 2' })).toEqual({ left: 'code 1' });
  expect(keymapOf({ space: 'a', 7: 'b', e: 'c', r: 'winds back' })).toEqual({ space: 'a', 7: 'b', e: 'c' });
  expect(keymapOf('{"up":"code 4","down":null}')).toEqual({ up: 'code 4' });
  fc.assert(fc.property(fc.anything(), (given) => void keymapOf(given)));
});

test('the name of a file stands as it is where its escapes are none', () => {
  expect(fileName('/worlds/50%25.safetensors')).toBe('50%');
  expect(fileName('/worlds/100%.safetensors?x=1')).toBe('100%');
  expect(fileName('w%zz.safetensors#a/b')).toBe('w%zz');
  expect(fileName('')).toBe('');
  fc.assert(fc.property(fc.string(), (address) => void fileName(address)));
});
