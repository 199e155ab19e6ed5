import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LEVEL_HEIGHT, LEVEL_WIDTH, TILE } from './level.js';
import { PLAYER_HEIGHT, PLAYER_WIDTH } from './physics.js';
import { platformer } from './platformer.js';
import type { PlatformerState } from './state.js';

const [LEFT, , NONE, , RIGHT, RIGHT_UP] = platformer.actionNames.map((_, index) => index) as [
  number,
  number,
  number,
  number,
  number,
  number,
];

function play(state: PlatformerState, actions: readonly number[]): PlatformerState[] {
  const states = [state];
  for (const action of actions) states.push(platformer.step(states.at(-1)!, action));
  return states;
}

/** Pixels of row `y` of a frame, columns [from, to). */
function pixels(frame: Uint8Array, y: number, from: number, to: number): number[] {
  return [...frame.subarray((y * platformer.width + from) * 3, (y * platformer.width + to) * 3)];
}

const anyActions = fc.array(fc.nat(platformer.actionNames.length - 1), { maxLength: 400 });

describe('an episode', () => {
  test('is the same for the same seed and actions', () => {
    fc.assert(
      fc.property(fc.integer(), anyActions, (seed, actions) => {
        const [first, second] = [0, 1].map(() => play(platformer.create({ seed }), actions).at(-1)!);
        expect(platformer.measure(second!)).toEqual(platformer.measure(first!));
        expect(Buffer.compare(platformer.render(first!), platformer.render(second!))).toBe(0);
      }),
      { numRuns: 20 },
    );
  });

  test('leaves earlier states as they were', () => {
    const state = platformer.create({ seed: 3 });
    const before = platformer.render(state);
    const numbers = platformer.measure(state);
    play(state, Array<number>(60).fill(RIGHT_UP));
    expect(platformer.measure(state)).toEqual(numbers);
    expect(Buffer.compare(platformer.render(state), before)).toBe(0);
  });

  test('differs between seeds, neighbours included', () => {
    const first = Array.from({ length: 20 }, (_, seed) =>
      Buffer.from(platformer.render(platformer.create({ seed }))).toString('base64'),
    );
    expect(new Set(first).size).toBe(20);
  });

  test('differs with the action from the first frame on', () => {
    const state = platformer.create({ seed: 1 });
    const next = platformer.actionNames.map((_, action) => {
      const [, , later] = play(state, [action, action]);
      return Buffer.from(platformer.render(later!)).toString('base64');
    });
    expect(new Set(next).size).toBe(platformer.actionNames.length);
  });

  test('every look draws the same level in other colours', () => {
    const states = platformer.looks.map((look) => platformer.create({ seed: 8, look }));
    for (const state of states) expect(state.level.tiles).toEqual(states[0]!.level.tiles);
    const frames = states.map((state) => Buffer.from(platformer.render(state)).toString('base64'));
    expect(new Set(frames).size).toBe(platformer.looks.length);
  });

  test('draws over all of the array that it is given', () => {
    const state = platformer.create({ seed: 4 });
    const dirty = new Uint8Array(64 * 64 * 3).fill(77);
    expect(Buffer.compare(platformer.render(state, dirty), platformer.render(state))).toBe(0);
  });

  test('coins vanish when the player takes them, and stay taken', () => {
    const taken: number[] = [];
    for (let seed = 0; seed < 10; seed++) {
      const start = platformer.create({ seed });
      const player = platformer.player('explore', seed);
      const states = play(
        start,
        Array.from({ length: 300 }, () => player(start)),
      );
      const counts = states.map((state) => state.collected.size);
      expect(counts).toEqual([...counts].sort((a, b) => a - b));
      for (const cell of states.at(-1)!.collected) expect(states[0]!.level.coins).toContain(cell);
      taken.push(counts.at(-1)!);
    }
    expect(Math.max(...taken)).toBeGreaterThan(2);
  });
});

describe('the camera', () => {
  test('keeps the player in view and the view inside the level', () => {
    fc.assert(
      fc.property(fc.integer(), anyActions, (seed, actions) => {
        for (const { body, cameraX, cameraY } of play(platformer.create({ seed }), actions)) {
          const x = body.x / 16 - cameraX;
          const y = body.y / 16 - cameraY;
          expect(x).toBeGreaterThanOrEqual(0);
          expect(x + PLAYER_WIDTH).toBeLessThanOrEqual(platformer.width);
          // The player may jump out of a level that is high ground all over, but never by more than a jump.
          expect(y).toBeGreaterThanOrEqual(-PLAYER_HEIGHT);
          expect(y + PLAYER_HEIGHT).toBeLessThanOrEqual(platformer.height);
          expect(cameraX).toBeGreaterThanOrEqual(0);
          expect(cameraX).toBeLessThanOrEqual(LEVEL_WIDTH * TILE - platformer.width);
          expect(cameraY).toBeGreaterThanOrEqual(0);
          expect(cameraY).toBeLessThanOrEqual(LEVEL_HEIGHT * TILE - platformer.height);
        }
      }),
      { numRuns: 25 },
    );
  });

  test('scrolls the ground against the direction of running, pixel by pixel', () => {
    let scrolled = 0;
    for (let seed = 0; seed < 20; seed++) {
      const states = play(platformer.create({ seed }), Array<number>(40).fill(RIGHT));
      for (let t = 1; t < states.length; t++) {
        const [before, after] = [states[t - 1]!, states[t]!];
        const shift = after.cameraX - before.cameraX;
        expect(shift).toBeGreaterThanOrEqual(0);
        const lowest = LEVEL_HEIGHT * TILE - platformer.height;
        if (shift === 0 || before.cameraY !== lowest || after.cameraY !== lowest) continue;
        scrolled += shift;
        // The bottom row of pixels shows ground, which nothing covers or animates.
        const y = platformer.height - 1;
        const earlier = pixels(platformer.render(before), y, shift, platformer.width);
        const later = pixels(platformer.render(after), y, 0, platformer.width - shift);
        expect(later).toEqual(earlier);
      }
    }
    expect(scrolled).toBeGreaterThan(100);
  });

  test('scrolls back on the way back', () => {
    const there = play(platformer.create({ seed: 0 }), Array<number>(120).fill(RIGHT_UP)).at(-1)!;
    const back = play(there, Array<number>(120).fill(LEFT)).at(-1)!;
    expect(there.cameraX).toBeGreaterThan(20);
    expect(back.cameraX).toBeLessThan(there.cameraX);
  });
});

test('every level can be crossed by holding right and jumping when stopped', () => {
  for (let seed = 0; seed < 60; seed++) {
    let state = platformer.create({ seed });
    let stopped = 0;
    let steps = 0;
    while (state.body.x / 16 < LEVEL_WIDTH * TILE - PLAYER_WIDTH - 1 && steps < 1500) {
      stopped = state.body.vx === 0 ? stopped + 1 : 0;
      state = platformer.step(state, stopped > 1 ? RIGHT_UP : RIGHT);
      steps += 1;
    }
    expect(steps, `seed ${seed}`).toBeLessThan(1500);
  }
});

test('a player at rest stays where it is', () => {
  const states = play(platformer.create({ seed: 5 }), Array<number>(30).fill(NONE));
  expect(states.at(-1)!.body).toEqual(states[0]!.body);
});

test('errors name the value and what would do', () => {
  const state = platformer.create({ seed: 1 });
  expect(() => platformer.create({ seed: 1.5 })).toThrow('platformer: the seed must be an integer, got 1.5');
  expect(() => platformer.create({ seed: 1, look: 'moon' })).toThrow(/no look "moon"; choose one of meadow,/);
  expect(() => platformer.step(state, 6)).toThrow('platformer has no action 6; its 6 actions start at 0');
  expect(() => platformer.render(state, new Uint8Array(10))).toThrow('12288 bytes; the array has 10');
});
