import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LEVEL_HEIGHT, LEVEL_WIDTH, isSolid } from '../platformer/level.js';
import { policyNames } from '../policy.js';
import { brokenLaws } from '../world.js';
import { FLAG, groundRow } from './rules.js';
import { runner } from './runner.js';
import type { RunnerState, Walker } from './state.js';

const [LEFT, NONE, UP, RIGHT, RIGHT_UP] = [0, 2, 3, 4, 5];
const TILE = 8;

function play(state: RunnerState, actions: readonly number[]): RunnerState[] {
  const states = [state];
  for (const action of actions) states.push(runner.step(states.at(-1)!, action));
  return states;
}

function watch(name: (typeof policyNames)[number], seed: number, frames: number): RunnerState[] {
  const player = runner.player(name, seed);
  const states = [runner.create({ seed })];
  while (states.length < frames) states.push(runner.step(states.at(-1)!, player(states.at(-1)!)));
  return states;
}

const picture = (state: RunnerState): string => Buffer.from(runner.render(state)).toString('base64');
const last = <T>(all: readonly T[]): T => all.at(-1)!;

/** The tiles of a frame, row by row. */
function tiles(state: RunnerState): string[] {
  const frame = runner.render(state);
  return Array.from({ length: 64 }, (_, tile) => {
    const [left, top] = [(tile % 8) * TILE, (tile >> 3) * TILE];
    const rows = Array.from({ length: TILE }, (_, y) => {
      const from = ((top + y) * 64 + left) * 3;
      return Buffer.from(frame.subarray(from, from + 3 * TILE));
    });
    return Buffer.concat(rows).toString('base64');
  });
}

/** A level of flat ground, the runner on it, with walkers so many tiles to the right. */
function plain(...ahead: readonly number[]): RunnerState {
  const state = runner.create({ seed: 1, look: 'meadow' });
  const ground = new Uint8Array(LEVEL_WIDTH * LEVEL_HEIGHT);
  ground.fill(1, (LEVEL_HEIGHT - 2) * LEVEL_WIDTH);
  const row = LEVEL_HEIGHT - 3;
  const walkers = ahead.map((right): Walker => ({ column: 20 + right, row, facing: 1, isStriding: false }));
  return { ...state, level: { tiles: ground, coins: [] }, column: 20, row, walkers };
}

const anyActions = fc
  .array(fc.tuple(fc.nat(runner.actionNames.length - 1), fc.integer({ min: 1, max: 9 })), { maxLength: 50 })
  .map((holds) => holds.flatMap(([action, frames]) => Array<number>(frames).fill(action)));

test('an episode is the same for the same seed and actions, keeps its laws, and nobody stands in a wall', () => {
  fc.assert(
    fc.property(fc.integer(), anyActions, (seed, actions) => {
      const states = play(runner.create({ seed }), actions);
      const again = play(runner.create({ seed }), actions);
      expect(picture(last(again))).toBe(picture(last(states)));
      const rows = states.map((state) => runner.measure(state));
      expect(again.map((state) => runner.measure(state))).toEqual(rows);
      for (let t = 1; t < rows.length; t++) expect(brokenLaws(runner, rows[t - 1]!, rows[t]!)).toEqual([]);
      for (const { level, column, row, walkers } of states) {
        expect([...walkers, { column, row }].some((each) => isSolid(level, each.column, each.row))).toBe(
          false,
        );
      }
    }),
    { numRuns: 40 },
  );
});

describe('the rules', () => {
  test('a jump rises three tiles and comes down again', () => {
    const heights = play(plain(), [UP, ...Array<number>(6).fill(NONE)]).map(({ row }) => plain().row - row);
    expect(heights).toEqual([0, 1, 2, 3, 2, 1, 0, 0]);
  });

  test('who jumps onto a walker squashes it, who runs into one loses a heart, and at the end the level begins anew', () => {
    const above = { ...plain(0), row: plain().row - 1 };
    expect(last(play(above, [NONE]))).toMatchObject({ walkers: [], coins: 1, hearts: 3, reward: 1, rise: 1 });
    const hurt = last(play(plain(2), [RIGHT, RIGHT, RIGHT, RIGHT]));
    expect(hurt).toMatchObject({ walkers: [], coins: 0, hearts: 2 });
    const over = last(play({ ...plain(1), hearts: 1 }, [RIGHT, RIGHT, RIGHT]).filter(({ isEnd }) => isEnd));
    expect(over).toMatchObject({ hearts: 3, column: 3, depth: 0 });
  });

  test('coins are taken once, and the flag leads to another level', () => {
    const cell = plain().row * LEVEL_WIDTH + 21;
    const state = { ...plain(), level: { ...plain().level, coins: [cell] } };
    expect(play(state, [RIGHT, LEFT, RIGHT]).map(({ coins }) => coins)).toEqual([0, 1, 1, 1]);
    const next = last(play({ ...plain(), column: FLAG - 1 }, [RIGHT]));
    expect(next).toMatchObject({ depth: 1, isEnd: true, reward: 10, column: 3 });
    expect(next.row).toBe(groundRow(next.level, 3));
  });

  test('every level can be crossed by running and jumping', () => {
    for (let seed = 0; seed < 40; seed++) {
      let state: RunnerState = { ...runner.create({ seed }), walkers: [] };
      for (let t = 0; t < 400 && state.depth === 0; t++)
        state = runner.step(state, t % 5 === 0 ? RIGHT_UP : RIGHT);
      expect(state.depth, `seed ${seed}`).toBe(1);
    }
  });

  test('bad seeds, looks, actions and arrays are refused', () => {
    expect(() => runner.create({ seed: 0.5 })).toThrow('integer, got 0.5');
    expect(() => runner.create({ seed: 1, look: 'cave' })).toThrow('no look "cave"; choose one of meadow');
    expect(() => runner.step(plain(), 6)).toThrow('no action 6');
    expect(() => runner.render(plain(), new Uint8Array(3))).toThrow('the array has 3');
  });
});

describe('the picture', () => {
  test('is made of few tiles, and scrolls by whole ones with the runner', () => {
    const seen = new Set<string>();
    let [same, total] = [0, 0];
    for (const name of policyNames) {
      for (let seed = 0; seed < 10; seed++) {
        const states = watch(name, seed, 60);
        states.forEach((state, t) => {
          const after = tiles(state);
          for (const tile of after) seen.add(tile);
          const before = states[t - 1];
          if (!before || state.isEnd) return;
          const [dx, dy] = [state.column - before.column, state.row - before.row];
          const earlier = tiles(before);
          for (let y = Math.max(0, -dy); y < 7 - Math.max(0, dy); y++) {
            for (let x = Math.max(0, -dx); x < 8 - Math.max(0, dx); x++) {
              total++;
              if (after[y * 8 + x] === earlier[(y + dy) * 8 + x + dx]) same++;
            }
          }
        });
      }
    }
    expect(seen.size).toBeLessThanOrEqual(450);
    expect(same / total).toBeGreaterThan(0.9);
  });

  test('shows coins, hearts, walkers, and how far a jump still goes', () => {
    const state = plain(2);
    const states: RunnerState[] = [
      ...runner.looks.map((look) => runner.create({ seed: 1, look })),
      ...Array.from({ length: 100 }, (_, coins) => ({ ...state, coins })),
      ...[1, 2].map((hearts) => ({ ...state, hearts })),
      { ...state, walkers: [] },
      ...[0, 1, 2].map((rise) => ({ ...state, row: state.row - 2, rise })),
      { ...state, facing: -1 },
    ];
    expect(new Set(states.map(picture)).size).toBe(states.length);
  });
});

test('captions name what is in view', () => {
  expect(runner.describe(plain(2)).sentence).toBe('a meadow, 3 of 3 hearts: a walker to the right');
  expect(runner.describe({ ...plain(), row: 5 }).sentence).toBe('a meadow, falling, 3 of 3 hearts');
});
