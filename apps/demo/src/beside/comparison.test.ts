import { dungeon, factory } from '@snowglobe/worlds';
import { expect, test } from 'vitest';
import { Comparison, levelOf } from './comparison.js';

const dream = { width: 64, height: 64, actions: [...factory.actionNames, 'jump', 'stay', 'wait'] };
const rgbaOf = (frame: Uint8Array): Uint8ClampedArray =>
  Uint8ClampedArray.from({ length: (frame.length / 3) * 4 }, (_, i) =>
    i % 4 === 3 ? 255 : frame[(i >> 2) * 3 + (i % 4)]!,
  );

/** A dream that is the game. */
function perfect(level: number) {
  let state = factory.create({ seed: level });
  const frames = [{ index: 0, rgba: rgbaOf(factory.render(state)) }];
  const actions = ['left', 'wait', 1, 'down', 'none', 'right'];
  const told = [[2, 'night falls']] as const;
  for (const [at, action] of actions.entries()) {
    const name = action === 'wait' ? 'none' : typeof action === 'number' ? dream.actions[action]! : action;
    const before = at === 2 ? factory.tell!(state, 'night falls') : state;
    state = factory.step(before, factory.actionNames.indexOf(name as 'none'));
    frames.push({ index: at + 1, rgba: rgbaOf(factory.render(state)) });
  }
  return { frames, replay: { actions, told } };
}

test('a dream that is the game differs nowhere, also when it is wound back; any other is counted cell by cell', () => {
  const { frames, replay } = perfect(5);
  const comparison = new Comparison('factory', 5, dream);
  for (const frame of frames) comparison.follow(frame, replay);
  expect(comparison.shares).toEqual(new Array(7).fill(0));
  const back = comparison.follow(frames[3]!, { ...replay, actions: replay.actions.slice(0, 3) });
  expect([back.index, back.differing.includes(true), comparison.shares.length]).toEqual([3, false, 4]);
  const spoiled = frames[4]!.rgba.slice();
  spoiled[0]! ^= 1;
  spoiled[64 * 64 * 4 - 4]! ^= 1;
  const { differing } = comparison.follow({ index: 4, rgba: spoiled }, replay);
  expect(differing.flatMap((is, cell) => (is ? [cell] : []))).toEqual([0, 63]);
  expect(comparison.shares.at(-1)).toBe(2 / 64);
});

test('after the end of a game both begin anew', () => {
  const { frames, replay } = perfect(5);
  const comparison = new Comparison('factory', 5, dream);
  comparison.follow(frames[0]!, replay);
  comparison.follow({ ...frames[1]!, ended: true }, replay);
  const { truth } = comparison.follow(frames[2]!, { actions: ['left', 'left'] });
  expect(rgbaOf(truth)).toEqual(frames[1]!.rgba);
});

test('the level of a picture is found, and that of another is not', async () => {
  const { prompt } = new Comparison('factory', 3, dream);
  expect(await levelOf('factory', prompt, dream, 7)).toBe(3);
  const rgba = { ...prompt, data: rgbaOf(prompt.data as Uint8Array) };
  expect(await levelOf('factory', rgba, dream, 7)).toBe(3);
  expect(await levelOf('factory', new Comparison('factory', 400, dream).prompt, dream, 400)).toBe(400);
  expect(await levelOf('dungeon', prompt, dream, 7)).toBeUndefined();
});

test('what cannot be compared is said in one sentence', () => {
  expect(() => new Comparison('chess', 1, dream)).toThrow(
    /^There is no game 'chess' to show beside this world; there are platformer, .*\.$/,
  );
  expect(() => new Comparison('dungeon', 1, { ...dream, width: 32 })).toThrow(
    /^dungeon draws 64x64, and this world 32x64: it is not a world of that game\.$/,
  );
  const comparison = new Comparison('dungeon', 1, dream);
  const first = rgbaOf(dungeon.render(dungeon.create({ seed: 1 })));
  expect(() => comparison.follow({ index: 1, rgba: first }, { actions: ['belt'] })).toThrow(
    /^dungeon has no action 'belt'; its actions are .*\.$/,
  );
  expect(() =>
    comparison.follow({ index: 1, rgba: first }, { actions: ['up'], told: [[0, 'night falls']] }),
  ).toThrow(/^dungeon cannot be told 'night falls'; it knows nothing\.$/);
});
