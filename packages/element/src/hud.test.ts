import type { Frame } from '@snowglobe/runtime/browser';
import { expect, test } from 'vitest';
import { Hud } from './hud.js';

const frame = (index: number, health: number, ended = false): Frame => ({
  ...{ index, width: 1, height: 1, rgba: new Uint8ClampedArray(4), ms: 0, readouts: { health } },
  ...(ended && { ended: true }),
});

test('tells of what changes alone, and of the end of a game for a while', () => {
  const hud = new Hud();
  expect(hud.add(frame(1, 9))).toBe(true);
  expect(hud.add(frame(2, 9))).toBe(false);
  expect([hud.add(frame(3, 0, true)), hud.message]).toEqual([true, 'Game over: begins anew']);
  expect([hud.add(frame(4, 9)), hud.message]).toEqual([true, 'Game over: begins anew']);
  expect([hud.add(frame(18, 9)), hud.message]).toEqual([false, 'Game over: begins anew']);
  expect([hud.add(frame(19, 9)), hud.message]).toEqual([true, undefined]);
  expect(hud.values).toEqual({ health: 9 });
});

test('says no end after it was wound back to before it, nor in another session', () => {
  const hud = new Hud();
  hud.add(frame(3, 0, true));
  expect([hud.add(frame(2, 9)), hud.message]).toEqual([true, undefined]);
  hud.add(frame(3, 0, true));
  hud.begin();
  expect([hud.message, hud.values]).toEqual([undefined, undefined]);
});
