import { simulators } from '@snowglobe/worlds';
import { describe, expect, it } from 'vitest';
import { evaluatePhysics } from '../physics/physics.js';
import { gameRecordings } from '../testing/game_recordings.js';
import { frozenWalker, shuffledWalker } from '../walks/bounds.js';
import type { OneStep } from '../walks/one_step.js';
import type { Walker } from '../walks/walker.js';
import { carriedOn, cutoff, lostAndNew, placeError, seenSince } from './place_error.js';
import { replaysOf } from './replays.js';
import { simulatorOneStep, simulatorWalker } from './simulator_walker.js';

const readable = [...simulators.values()].filter(({ physics }) => physics);

describe.each(readable.map((game) => [game.name, game] as const))('%s', (_, game) => {
  const data = gameRecordings(game, 3, 110);
  const replays = replaysOf(data)!;
  const measure = async (walker: Walker, oneStep: OneStep) => {
    const { simulated, figures } = await evaluatePhysics(data, walker, {
      ...{ seed: 1, starts: 3, frames: 101, keys: game.actionNames, idle: 'none' },
      actionAt: (clip, frame) => data.actionNames[data.actions(clip, frame, 1)[0] ?? 0]!,
      openOneStep: () => Promise.resolve(oneStep),
    });
    return { ...simulated!, figures };
  };

  it('is known by its recordings, and played again', () => {
    expect(replays.game.name).toBe(game.name);
    expect(replays.states.map(({ length }) => length)).toEqual([110, 110, 110]);
  });

  it('as a world makes no error and breaks no law', async () => {
    const game_ = await measure(simulatorWalker(data, replays), simulatorOneStep(data, replays));
    expect(game_.errors.map(({ frame }) => frame)).toEqual([1, 4, 10, 30, 100]);
    for (const { world, still, constant, chance, seenPlaces } of game_.errors) {
      expect(seenPlaces).toBeLessThan(still.places);
      expect(world).toEqual({ places: 0, counts: 0 });
      expect(still.places).toBeGreaterThan(0);
      expect(constant.places).toBeGreaterThan(0);
      expect(chance === undefined).toBe(game.physics!.withChance === undefined);
    }
    for (const { name, world } of game_.laws) expect(world.came, name).toBe(0);
    expect(game_.laws.length).toBeGreaterThan(2);
    for (const { name, world } of game_.impossible) expect(world.came, name).toBe(0);
    expect(game_.figures.find(({ name }) => name === 'optimism')!.of).toBeGreaterThan(20);
    expect(game_.lost.world.came).toBeLessThanOrEqual(0.05 * game_.lost.world.of);
    expect(game_.figures.every(({ value }) => Number.isFinite(value))).toBe(true);
  });

  it('a frozen world errs as much as no motion; frames in no order break laws, and do what cannot be done', async () => {
    const frozen = await measure(frozenWalker(data), simulatorOneStep(data, replays));
    for (const { world, still } of frozen.errors) expect(world).toEqual(still);
    const anyFrame: OneStep = {
      run: (trials, onFrame) => {
        trials.forEach(({ clip, frame }, i) =>
          onFrame(i, data.frames((clip + 1) % 3, (frame * 7 + i) % 110, 1)),
        );
        return Promise.resolve();
      },
      close: () => Promise.resolve(),
    };
    const shuffled = await measure(shuffledWalker(data), anyFrame);
    expect(shuffled.laws.some(({ world }) => world.came > 0.1 * world.of)).toBe(true);
    expect(shuffled.figures.find(({ name }) => name === 'optimism')!.value).toBeGreaterThan(0.1);
    expect(shuffled.errors.at(-1)!.world.places).toBeGreaterThan(1);
  });
});

it('what is told events, or has no keys, is played again up to there', () => {
  const factory = simulators.get('factory')!;
  const data = gameRecordings(factory, 2, 60);
  const changed = {
    ...data,
    frames: (clip: number, start: number, count: number) =>
      clip === 0 && start >= 25 ? new Uint8Array(count * 64 * 64 * 3) : data.frames(clip, start, count),
  };
  expect(replaysOf(changed)!.states.map(({ length }) => length)).toEqual([21, 60]);
  expect(
    replaysOf({ ...data, clips: data.clips.map((clip) => ({ ...clip, name: 'walk' })) }),
  ).toBeUndefined();
});

const at = (kind: string, x: number, y = 0) => ({ kind, x, y });

it('what has been in sight since the first frame is followed, what comes later is not known', () => {
  const view = { x: 0, y: 0, width: 9, height: 9 };
  const reading = (...things: ReturnType<typeof at>[]) => ({ numbers: {}, things, view });
  const walk = [
    reading(at('a', 1), at('b', 8)),
    reading(at('a', 2), at('a', 8)),
    reading(at('a', 3), at('a', 8)),
  ];
  expect(seenSince(walk, 1)).toEqual([at('a', 3)]);
  expect(seenSince(walk.slice(0, 1), 1)).toHaveLength(2);
  // Nothing goes so far in a frame.
  expect(seenSince([reading(at('a', 1)), reading(at('a', 4))], 2)).toEqual([]);
});

it('places are matched by kind, nearest first, and what is missing counts as far away', () => {
  expect(placeError([at('a', 1), at('a', 5)], [at('a', 5), at('a', 2)])).toBe(0.5);
  expect(placeError([at('a', 1)], [at('b', 1)])).toBe(cutoff);
  expect(placeError([at('a', 1)], [at('a', 1), at('a', 9)])).toBe(cutoff / 2);
  expect(placeError([], [])).toBe(0);
  const view = { x: 0, y: 0, width: 10, height: 10 };
  const reading = (...things: ReturnType<typeof at>[]) => ({ things, numbers: {}, view });
  // What leaves the view is not carried on.
  const [before, now] = [reading(at('a', 2, 5), at('b', 7, 5)), reading(at('a', 3, 5), at('b', 8, 5))];
  expect(carriedOn(before, now, 3, 1)).toEqual([at('a', 6, 5)]);
  expect(lostAndNew(reading(at('a', 5, 5)), reading(at('a', 5, 4), at('a', 5, 7)), 1)).toEqual({
    ...{ was: 1, is: 2, lost: 0, new: 1 },
  });
});
