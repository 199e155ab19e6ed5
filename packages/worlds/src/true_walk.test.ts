import { expect, test } from 'vitest';
import { factory } from './factory/factory.js';
import { runner } from './runner/runner.js';
import { TrueWalk, actionIn, differingCells } from './true_walk.js';

const rgbaOf = (frame: Uint8Array): Uint8ClampedArray =>
  Uint8ClampedArray.from({ length: (frame.length / 3) * 4 }, (_, i) =>
    i % 4 === 3 ? 255 : frame[(i >> 2) * 3 + (i % 4)]!,
  );

test('a walk is the game itself, with what is told in it, back and forth', () => {
  const walk = new TrueWalk(factory, 7);
  let state = factory.create({ seed: 7 });
  const frames = [factory.render(state)];
  const script = ['left', 'down', 'none', 'right', 'up'];
  for (const [t, action] of script.entries()) {
    const told = t === 2 ? 'night falls' : undefined;
    walk.step({ action, told });
    state = factory.step(told ? factory.tell!(state, told) : state, factory.actionNames.indexOf(action));
    frames.push(factory.render(state));
  }
  expect(walk.index).toBe(5);
  expect(frames.map((_, t) => walk.frameAt(t))).toEqual(frames);
  walk.windBack(2);
  expect(walk.frameAt()).toEqual(frames[2]);
  walk.step({ action: 'none', told: 'night falls' });
  expect(walk.frameAt()).toEqual(frames[3]);
  walk.step({ action: 'left', isAnew: true });
  expect(walk.frameAt()).toEqual(frames[1]);
});

test('only so many frames can be wound back to as were asked for', () => {
  const walk = new TrueWalk(runner, 3, 4);
  for (let t = 0; t < 10; t++) walk.step({ action: 'right' });
  expect(walk.index).toBe(10);
  expect(() => walk.windBack(6)).toThrow('runner: frame 6 is not kept; it goes up to 10');
  walk.windBack(7);
  walk.step({ action: 'up' });
  expect(walk.index).toBe(8);
});

test('what the game cannot do, or cannot be told, is refused and changes nothing', () => {
  const walk = new TrueWalk(factory, 1);
  expect(() => walk.step({ action: 'jump' })).toThrow(
    "factory has no action 'jump'; its actions are none, left, right, up, down, grab, release, belt",
  );
  expect(() => walk.step({ action: 'none', told: 'it rains' })).toThrow(
    "factory cannot be told 'it rains'; it knows",
  );
  const side = new TrueWalk(runner, 1);
  expect(() => side.step({ action: 'none', told: 'night falls' })).toThrow('it knows nothing');
  expect([walk.index, side.index]).toEqual([0, 0]);
  expect(actionIn(runner, 'up+right')).toBe(runner.actionNames.indexOf('right+up'));
});

test('cells differ where a pixel does', () => {
  const walk = new TrueWalk(factory, 1);
  const size = { width: factory.width, height: factory.height, cell: walk.cell };
  const dreamed = rgbaOf(walk.frameAt());
  expect(differingCells(walk.frameAt(), dreamed, size)).toEqual(new Array(64).fill(false));
  dreamed[(9 * 64 + 63) * 4 + 2]! ^= 1;
  expect(differingCells(walk.frameAt(), dreamed, size).flatMap((is, at) => (is ? [at] : []))).toEqual([15]);
});
