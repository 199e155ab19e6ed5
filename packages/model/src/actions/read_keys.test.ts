import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { LabelledClip } from './read_keys.js';
import { readKeys } from './read_keys.js';

const names = ['none', 'left', 'right', 'up', 'right+up'];
const still = 4;
const runningRight = 5;

/** Frames of one code while an action is held. */
const frames = (count: number, code: number, action: string, direction = still): LabelledClip => ({
  codes: new Array<number>(count).fill(code),
  actions: new Array<number>(count).fill(names.indexOf(action)),
  states: new Array<number>(count).fill(direction),
});

it('says how likely an action is under each code, where the last motion went in a direction', () => {
  // Code 0 starts a run to the right; code 1 goes on: with right while running right, with nothing while standing.
  const clips = [
    frames(40, 0, 'right'),
    frames(40, 1, 'right', runningRight),
    frames(40, 1, 'none'),
    frames(40, 2, 'up'),
  ];
  const { keys, codeToAction } = readKeys(clips, names, { count: 3, states: 9 })!;
  expect(codeToAction).toEqual(['right', 'none', 'up']);
  const [right, none] = [keys['right']!, keys['none']!];
  expect(right[still]![0]).toBeGreaterThan(Math.log(0.8));
  expect(right[still]![1]).toBeLessThan(Math.log(0.1));
  expect(right[runningRight]![1]).toBeGreaterThan(Math.log(0.8));
  expect(none[still]![1]).toBeGreaterThan(Math.log(0.8));
  expect(none[runningRight]![1]).toBeLessThan(Math.log(0.1));
});

it('knows combinations that nobody ever held from their keys', () => {
  const clips = [
    frames(30, 0, 'right'),
    frames(30, 1, 'up'),
    frames(30, 2, 'none'),
    frames(15, 3, 'up'),
    frames(15, 3, 'right'),
  ];
  const row = readKeys(clips, names, { count: 4, states: 9 })!.keys['right+up']![still]!;
  expect(row.indexOf(Math.max(...row))).toBe(3);
});

it('frames without labels do not count, and where there are no others there are no keys', () => {
  const clip = frames(10, 1, 'left');
  const unknown = { ...frames(50, 0, 'left'), actions: new Array<undefined>(50) };
  expect(readKeys([unknown], names, { count: 2, states: 9 })).toBeUndefined();
  expect(readKeys([clip, unknown], names, { count: 2, states: 9 })).toEqual(
    readKeys([clip], names, { count: 2, states: 9 }),
  );
});

it('gives probabilities, whatever was recorded', () => {
  const frame = fc.record({
    code: fc.nat(2),
    action: fc.option(fc.nat(names.length - 1), { nil: undefined }),
    direction: fc.nat(8),
  });
  fc.assert(
    fc.property(fc.array(frame, { minLength: 1, maxLength: 60 }), (list) => {
      const clip = {
        codes: list.map(({ code }) => code),
        actions: list.map(({ action }) => action),
        states: list.map(({ direction }) => direction),
      };
      const read = readKeys([clip], names, { count: 3, states: 9 });
      expect(read === undefined).toBe(clip.actions.every((action) => action === undefined));
      for (const rows of Object.values(read?.keys ?? {})) {
        expect(rows).toHaveLength(9);
        for (const row of rows) {
          expect(row).toHaveLength(3);
          for (const value of row) expect(value).toBeLessThanOrEqual(0);
          for (const value of row) expect(value).toBeGreaterThanOrEqual(-100);
        }
      }
    }),
  );
});
