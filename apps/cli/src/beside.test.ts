import { meaningOf } from '@snowglobe/runtime/internal/core';
import { simulators } from '@snowglobe/worlds';
import { expect, test } from 'vitest';
import type { SimulatedLevel, Truth } from './beside.js';
import { beginTruth, besidePictures, simulatedLevel } from './beside.js';

const names = ['none', 'up', 'down', 'left', 'right', 'left+up', 'right+up'];
const dream = { width: 64, height: 64, names, meaningOf };
const script = ['up', 1, 'none', 'up'];

/** Frames of RGB as sessions give them. */
const rgbaOf = (frame: Uint8Array): Uint8ClampedArray =>
  Uint8ClampedArray.from({ length: (frame.length / 3) * 4 }, (_, i) =>
    i % 4 === 3 ? 255 : frame[(i >> 2) * 3 + (i % 4)]!,
  );

function playTruth(level: SimulatedLevel, actions: readonly (string | number)[], told?: string): Truth {
  const truth = beginTruth(level, actions, told === undefined ? [] : [told], dream);
  for (const [at, action] of actions.entries()) truth.step(action, at === 1 ? told : undefined);
  return truth;
}

test('the game beside itself differs nowhere; a dream that stands still differs where the game moved', () => {
  const truth = playTruth({ simulator: 'driving', seed: 7 }, script);
  const game = simulators.get('driving')!;
  expect(truth.prompt.data).toEqual(game.render(game.create({ seed: 7 })));
  expect(truth.cell).toBe(4);
  const same = besidePictures(
    truth,
    truth.frames.map((frame) => ({ rgba: rgbaOf(frame) })),
  );
  expect(same.errors).toEqual([0, 0, 0, 0, 0]);
  expect(same.images.every(({ width, height }) => width === 3 * 64 + 8 && height > 64)).toBe(true);
  const still = besidePictures(
    truth,
    truth.frames.map(() => ({ rgba: rgbaOf(truth.frames[0]!) })),
  );
  expect(still.errors[0]).toBe(0);
  expect(still.errors.slice(1).every((error) => error > 0.05 && error <= 1)).toBe(true);
  // The plot rises in the last picture alone where the walk has come so far.
  const [first, last] = [still.images[0]!.data, still.images.at(-1)!.data];
  const lit = (data: ArrayLike<number>): number =>
    Array.from(data).filter((byte, i) => byte === 255 && i >= 70 * 200 * 3).length;
  expect(lit(first)).toBe(0);
  expect(lit(last)).toBeGreaterThan(100);
});

test('the game is told what the dream is told, and begins anew where the dream does', () => {
  const level = { simulator: 'driving', seed: 7 };
  const [told, untold] = [playTruth(level, script, 'it starts to snow'), playTruth(level, script)];
  expect(playTruth(level, ['wait', 'stay']).frames).toEqual(playTruth(level, ['none', 'none']).frames);
  const same = told.frames.map((frame, t) => Buffer.from(frame).equals(untold.frames[t]!));
  expect(same.slice(0, 2)).toEqual([true, true]);
  expect(same.slice(2)).not.toContain(true);
  untold.step('up', undefined, true);
  expect(untold.frames.at(-1)).toEqual(untold.frames[1]);
  expect(() => playTruth(level, [], 'a comet strikes')).toThrow(
    /--beside: driving cannot be told 'a comet strikes'; it knows it starts to rain/,
  );
});

test('levels are written as SIMULATOR:SEED; other games, sizes and actions are refused', () => {
  expect(simulatedLevel('factory')).toEqual({ simulator: 'factory', seed: 0 });
  expect(simulatedLevel('driving:12')).toEqual({ simulator: 'driving', seed: 12 });
  expect(() => simulatedLevel('chess:1')).toThrow(/SIMULATOR:SEED, as driving:7; simulators are platformer/);
  expect(() => simulatedLevel('driving:x')).toThrow(/SIMULATOR:SEED/);
  const level = { simulator: 'driving', seed: 1 };
  expect(() => playTruth(level, ['fly'])).toThrow(/driving has no action 'fly'; its actions are none, up/);
  expect(() => beginTruth(level, [], [], { ...dream, width: 32, height: 32 })).toThrow(
    /driving draws 64x64, and this world 32x32/,
  );
});
