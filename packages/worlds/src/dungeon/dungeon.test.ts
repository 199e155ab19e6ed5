import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { policyNames, type PolicyName } from '../policy.js';
import { HEADINGS } from '../headings.js';
import { CHEST, DOOR, EMPTY, GATE, KEY, OPEN_CHEST, STAIR, TORCH, WALL_A, isFree } from './cells.js';
import { dungeon } from './dungeon.js';
import { SIDE, cellAt, indexOf } from './level.js';
import type { DungeonState } from './state.js';

const [NONE, UP, DOWN, LEFT, RIGHT, USE] = [0, 1, 2, 3, 4, 5];

function play(state: DungeonState, actions: readonly number[]): DungeonState[] {
  const states = [state];
  for (const action of actions) states.push(dungeon.step(states.at(-1)!, action));
  return states;
}

function watch(name: PolicyName, seed: number, frames: number) {
  const player = dungeon.player(name, seed);
  const states = [dungeon.create({ seed })];
  const actions: number[] = [];
  while (states.length < frames) {
    actions.push(player(states.at(-1)!));
    states.push(dungeon.step(states.at(-1)!, actions.at(-1)!));
  }
  return { states, actions };
}

const picture = (state: DungeonState): string => Buffer.from(dungeon.render(state)).toString('base64');
const pose = ({ x, y, heading, depth }: DungeonState): string => [x, y, heading, depth].join();

/** A state in an empty hall, the player in its middle looking east, with some cells set by steps ahead and to the right. */
function hall(...set: readonly (readonly [ahead: number, right: number, cell: number])[]): DungeonState {
  const state = dungeon.create({ seed: 1, look: 'cellar' });
  const cells = new Uint8Array(SIDE * SIDE).fill(EMPTY);
  const [x, y] = [6, 8];
  for (const [ahead, right, cell] of set) cells[indexOf(x + ahead, y + right)] = cell;
  return { ...state, cells, x, y, heading: 0 };
}

const anyActions = fc.array(fc.nat(dungeon.actionNames.length - 1), { maxLength: 300 });

describe('an episode', () => {
  test('is the same for the same seed and actions, and leaves earlier states as they were', () => {
    fc.assert(
      fc.property(fc.integer(), anyActions, (seed, actions) => {
        const first = dungeon.create({ seed });
        const [before, numbers] = [picture(first), dungeon.measure(first)];
        const [one, other] = [0, 1].map(() => play(first, actions).at(-1)!);
        expect(dungeon.measure(other!)).toEqual(dungeon.measure(one!));
        expect(picture(other!)).toBe(picture(one!));
        expect([picture(first), dungeon.measure(first)]).toEqual([before, numbers]);
      }),
      { numRuns: 15 },
    );
  });

  test('never puts the player into something solid, and keys never vanish', () => {
    fc.assert(
      fc.property(fc.integer(), anyActions, (seed, actions) => {
        for (const { cells, x, y, keys, depth } of play(dungeon.create({ seed }), actions)) {
          expect(isFree(cellAt(cells, x, y))).toBe(true);
          if (depth > 0) continue;
          const count = (cell: number) => cells.filter((each) => each === cell).length;
          // Each key was for one gate, and goes where a gate went.
          expect(keys + count(KEY)).toBe(count(GATE));
        }
      }),
      { numRuns: 30 },
    );
  });

  test('bad seeds, looks, actions and arrays are refused', () => {
    expect(() => dungeon.create({ seed: 0.5 })).toThrow('integer, got 0.5');
    expect(() => dungeon.create({ seed: 1, look: 'cave' })).toThrow('no look "cave"; choose one of cellar');
    expect(() => dungeon.step(dungeon.create({ seed: 1 }), 6)).toThrow('no action 6');
    expect(() => dungeon.render(dungeon.create({ seed: 1 }), new Uint8Array(3))).toThrow('the array has 3');
  });
});

describe('the rules', () => {
  test('steps and turns are undone by their opposites', () => {
    const state = hall();
    expect(pose(play(state, [UP, DOWN]).at(-1)!)).toBe(pose(state));
    expect(pose(play(state, [LEFT, RIGHT]).at(-1)!)).toBe(pose(state));
    expect(pose(play(state, [RIGHT, RIGHT, RIGHT, RIGHT]).at(-1)!)).toBe(pose(state));
    expect(picture(play(state, [NONE, NONE]).at(-1)!)).toBe(picture(state));
  });

  test('walls, doors, gates, chests and stairs stop a step', () => {
    for (const cell of [WALL_A, TORCH, DOOR, GATE, CHEST, OPEN_CHEST, STAIR]) {
      const state = hall([1, 0, cell]);
      expect(dungeon.step(state, UP)).toBe(state);
    }
  });

  test('a door opens, a gate for a key only', () => {
    expect(pose(play(hall([1, 0, DOOR]), [USE, UP]).at(-1)!)).toBe(pose(dungeon.step(hall(), UP)));
    const locked = hall([1, 0, GATE]);
    expect(dungeon.step(locked, USE)).toBe(locked);
    const opened = dungeon.step({ ...locked, keys: 2 }, USE);
    expect([cellAt(opened.cells, 7, 8), opened.keys]).toEqual([EMPTY, 1]);
  });

  test('a key is taken by stepping there, a chest gives gold once', () => {
    const taken = dungeon.step(hall([1, 0, KEY]), UP);
    expect([taken.x, taken.keys, cellAt(taken.cells, 7, 8)]).toEqual([7, 1, EMPTY]);
    expect(play(hall([1, 0, CHEST]), [USE, USE]).map(({ gold }) => gold)).toEqual([0, 1, 1]);
  });

  test('a stair leads to another dungeon, with what the player has', () => {
    const below = dungeon.step({ ...hall([1, 0, STAIR]), keys: 1, gold: 5 }, USE);
    expect(below).toMatchObject({ depth: 1, keys: 1, gold: 5, theme: 'cellar' });
    expect(below.cells).not.toEqual(dungeon.create({ seed: 1 }).cells);
  });

  test('every door and every gate can be opened, and everything behind be reached', () => {
    for (let seed = 0; seed < 60; seed++) {
      const { cells, x, y } = dungeon.create({ seed });
      const reach = (passes: (cell: number) => boolean): Set<number> => {
        const seen = new Set([indexOf(x, y)]);
        const waiting = [indexOf(x, y)];
        for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
          for (const [dx, dy] of HEADINGS) {
            const next = at + dy * SIDE + dx;
            if (seen.has(next) || !passes(cells[next]!)) continue;
            seen.add(next);
            waiting.push(next);
          }
        }
        return seen;
      };
      const unlocked = reach((cell) => isFree(cell) || cell === DOOR);
      const all = reach((cell) => isFree(cell) || cell === DOOR || cell === GATE);
      cells.forEach((cell, at) => {
        if (cell === KEY) expect(unlocked.has(at)).toBe(true);
        if (isFree(cell)) expect(all.has(at)).toBe(true);
      });
      expect(unlocked.size).toBeGreaterThan(20);
    }
  });
});

describe('the picture', () => {
  test('needs few different squares of eight pixels', () => {
    const squares = new Set<string>();
    for (let seed = 0; seed < 24; seed++) {
      for (const state of watch('explore', seed, 40).states) {
        const frame = dungeon.render(state);
        for (let top = 0; top < 64; top += 8) {
          for (let left = 0; left < 64; left += 8) {
            const rows = Array.from({ length: 8 }, (_, row) =>
              Buffer.from(frame.subarray(((top + row) * 64 + left) * 3, ((top + row) * 64 + left + 8) * 3)),
            );
            squares.add(Buffer.concat(rows).toString('latin1'));
          }
        }
      }
    }
    expect(squares.size).toBeLessThan(900);
  });

  test('a wall hides what is behind it, and things in view are seen', () => {
    const blocked = picture(hall([1, 0, WALL_A]));
    for (const [ahead, right] of [
      [2, 0],
      [3, 0],
      [3, -1],
      [3, 1],
    ] as const) {
      for (const cell of [WALL_A, DOOR, CHEST, KEY]) {
        expect(picture(hall([1, 0, WALL_A], [ahead, right, cell]))).toBe(blocked);
      }
    }
    for (const cell of [WALL_A, TORCH, DOOR, GATE, CHEST, OPEN_CHEST, STAIR, KEY]) {
      for (const ahead of [1, 2, 3]) expect(picture(hall([ahead, 0, cell]))).not.toBe(picture(hall()));
    }
    const looks = [WALL_A, TORCH, DOOR, GATE, CHEST, OPEN_CHEST, STAIR, KEY].map((cell) =>
      picture(hall([1, 0, cell])),
    );
    expect(new Set(looks).size).toBe(looks.length);
  });

  test('shows keys and gold', () => {
    const state = hall();
    const seen = new Set([0, 1, 2, 3].map((keys) => picture({ ...state, keys })));
    for (let gold = 1; gold < 100; gold++) seen.add(picture({ ...state, gold }));
    expect(seen.size).toBe(103);
  });

  test('is another one in every look, and for seeds that are neighbours', () => {
    const looks = dungeon.looks.map((look) => picture(dungeon.create({ seed: 3, look })));
    expect(new Set(looks).size).toBe(dungeon.looks.length);
    const seeds = Array.from({ length: 20 }, (_, seed) => picture(dungeon.create({ seed })));
    expect(new Set(seeds).size).toBeGreaterThan(17);
  });
});

test('captions name what is in view, its number and where it is', () => {
  const { things, sentence } = dungeon.describe(hall([2, 0, DOOR], [2, 1, CHEST], [3, -1, KEY]));
  expect(things).toEqual({ door: [1, 'ahead'], chest: [1, 'right'], key: [1, 'left'] });
  expect(sentence).toBe('a cellar: a door ahead, a chest to the right, a key to the left');
  // What a wall hides is not named.
  expect(dungeon.describe(hall([1, 0, WALL_A], [2, 0, DOOR])).things).toEqual({});
  expect(dungeon.describe(hall()).sentence).toBe('a cellar');
});

describe.each(policyNames)('the player %s', (name) => {
  test('repeats itself for the same seed only', () => {
    expect(watch(name, 7, 150).actions).toEqual(watch(name, 7, 150).actions);
    expect(watch(name, 8, 150).actions).not.toEqual(watch(name, 7, 150).actions);
  });

  test('uses every action', () => {
    const used = new Set([0, 1, 2, 3, 4].flatMap((seed) => watch(name, seed, 600).actions));
    used.add(NONE);
    expect([...used].sort()).toEqual([0, 1, 2, 3, 4, 5]);
  });
});

test('explore gets about, opens doors and takes things', () => {
  let [places, opened, gold] = [0, 0, 0];
  for (let seed = 0; seed < 12; seed++) {
    const { states } = watch('explore', seed, 300);
    places += new Set(states.map(({ x, y }) => indexOf(x, y))).size;
    const doors = ({ cells }: DungeonState) => cells.filter((cell) => cell === DOOR).length;
    opened += Math.max(0, doors(states[0]!) - doors(states.findLast(({ depth }) => depth === 0)!));
    gold += states.at(-1)!.gold;
  }
  expect(places / 12).toBeGreaterThan(25);
  expect(opened).toBeGreaterThan(6);
  expect(gold).toBeGreaterThan(2);
});

test('every maze has a stair; explore finds it in many, looks at it, and goes down', () => {
  let [seen, frames, depths] = [0, 0, 0];
  for (let seed = 0; seed < 24; seed++) {
    expect(dungeon.create({ seed }).cells.filter((cell) => cell === STAIR)).toHaveLength(1);
    const { states } = watch('explore', seed, 300);
    const some = states.filter((_, n) => n % 10 === 0);
    seen += some.filter((state) => 'stair' in dungeon.describe(state).things).length;
    frames += some.length;
    depths += states.at(-1)!.depth;
  }
  // Of players who strolled alone, in one maze in two without a stair: 0.5 % of frames.
  expect(seen / frames).toBeGreaterThan(0.02);
  expect(depths / 24).toBeGreaterThan(0.4);
});

test('idle stands still for a while, return comes back to where it was', () => {
  const { actions } = watch('idle', 3, 600);
  const pauses = actions.filter((action) => action === NONE).length;
  expect(pauses).toBeGreaterThan(60);
  let seen = 0;
  let total = 0;
  for (let seed = 0; seed < 6; seed++) {
    const poses = watch('return', seed, 200).states.map(pose);
    const known = new Set<string>();
    for (const each of poses) {
      if (known.has(each)) seen++;
      known.add(each);
      total++;
    }
  }
  expect(seen / total).toBeGreaterThan(0.3);
});
