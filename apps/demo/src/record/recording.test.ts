import type { Frame } from '@snowglobe/runtime/browser';
import { expect, test } from 'vitest';
import { Recording } from './recording.js';

const frame = (index: number): Frame => ({
  index,
  width: 1,
  height: 1,
  rgba: new Uint8ClampedArray(4),
  ms: 1,
});
/** Plays frames, `'cut'` between two sessions. */
const record = (events: readonly (number | 'cut')[], most = 100): number[] => {
  const recording = new Recording(most);
  for (const event of events) {
    if (event === 'cut') recording.cut();
    else recording.add(frame(event));
  }
  return recording.frames.map(({ index }) => index);
};

test('keeps what was shown', () => expect(record([5, 6, 7])).toEqual([5, 6, 7]));
test('what was wound back is not part of it', () =>
  expect(record([5, 6, 7, 8, 7, 6, 7, 8])).toEqual([5, 6, 7, 8]));
test('winding back beyond its beginning begins anew from there', () =>
  expect(record([5, 6, 4, 5, 6])).toEqual([4, 5, 6]));
test('a new session comes after the one before', () =>
  expect(record([5, 6, 7, 'cut', 0, 1, 2, 1])).toEqual([5, 6, 7, 0, 1]));
test('is full at some point', () => expect(record([1, 2, 3, 4], 3)).toEqual([1, 2, 3]));
