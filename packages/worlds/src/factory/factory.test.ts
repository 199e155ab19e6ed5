import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { policyNames, type PolicyName } from '../policy.js';
import { brokenLaws } from '../world.js';
import { factory } from './factory.js';
import { BELT, kinds, type FactoryState, type Parcel } from './state.js';

const [NONE, LEFT, RIGHT, UP, DOWN, GRAB, RELEASE, SWITCH] = [0, 1, 2, 3, 4, 5, 6, 7];
const CELL = 8;

function play(state: FactoryState, actions: readonly number[]): FactoryState[] {
  const states = [state];
  for (const action of actions) states.push(factory.step(states.at(-1)!, action));
  return states;
}

function watch(name: PolicyName, seed: number, frames: number) {
  const player = factory.player(name, seed);
  const states = [factory.create({ seed })];
  const actions: number[] = [];
  while (states.length < frames) {
    actions.push(player(states.at(-1)!));
    states.push(factory.step(states.at(-1)!, actions.at(-1)!));
  }
  return { states, actions };
}

const picture = (state: FactoryState): string => Buffer.from(factory.render(state)).toString('base64');
const last = <T>(all: readonly T[]): T => all.at(-1)!;

const red: Parcel = { kind: 0, size: 0, isStuck: false };
const largeBlue: Parcel = { kind: 1, size: 1, isStuck: false };

/** A hall whose belt stands, the gripper over its last cell, with parcels where asked for. */
function hall(...parcels: readonly (readonly [column: number, parcel: Parcel])[]): FactoryState {
  const state = factory.create({ seed: 1, look: 'hall' });
  const belt = state.belt.map((_, column) => parcels.find(([at]) => at === column)?.[1]);
  const gripper = { column: BELT - 1, isDown: false, held: undefined };
  return { ...state, gripper, belt, arrived: parcels.length, isRunning: false, phase: 0 };
}

const anyActions = fc
  .array(fc.tuple(fc.nat(factory.actionNames.length - 1), fc.integer({ min: 1, max: 6 })), { maxLength: 60 })
  .map((holds) => holds.flatMap(([action, frames]) => Array<number>(frames).fill(action)));

describe('an episode', () => {
  test('is the same for the same seed and actions, and leaves earlier states as they were', () => {
    fc.assert(
      fc.property(fc.integer(), anyActions, (seed, actions) => {
        const first = factory.create({ seed });
        const [before, numbers] = [picture(first), factory.measure(first)];
        const [one, other] = [0, 1].map(() => last(play(first, actions)));
        expect(factory.measure(other!)).toEqual(factory.measure(one!));
        expect(picture(other!)).toBe(picture(one!));
        expect([picture(first), factory.measure(first)]).toEqual([before, numbers]);
      }),
      { numRuns: 20 },
    );
  });

  test('keeps its laws, whatever is pressed and told: no parcel is lost', () => {
    const told = fc.array(fc.tuple(fc.nat(200), fc.nat(factory.events!.length - 1)), { maxLength: 8 });
    fc.assert(
      fc.property(fc.integer(), anyActions, told, (seed, actions, sentences) => {
        let state = factory.create({ seed });
        let before = factory.measure(state);
        actions.forEach((action, t) => {
          const sentence = sentences.find(([frame]) => frame === t);
          // What is told comes between two frames, as if the one before had shown it.
          if (sentence)
            before = factory.measure((state = factory.tell!(state, factory.events![sentence[1]]!)));
          state = factory.step(state, action);
          const after = factory.measure(state);
          expect(brokenLaws(factory, before, after)).toEqual([]);
          before = after;
        });
      }),
      { numRuns: 60 },
    );
  });

  test('a wrong number is told as a broken law', () => {
    const [before, after] = play(hall([4, red]), [NONE]).map((state) => factory.measure(state)) as [
      number[],
      number[],
    ];
    const change = (name: string, value: number): number[] =>
      after.map((old, at) => (factory.stateNames[at] === name ? value : old));
    expect(brokenLaws(factory, before, after)).toEqual([]);
    expect(brokenLaws(factory, before, change('belt4', 0))).toContain(
      'no parcel is lost or comes from nowhere',
    );
    expect(brokenLaws(factory, before, change('column', 7))).toEqual([
      'the gripper goes one cell a frame and stays on its rail',
    ]);
    expect(brokenLaws(factory, before, change('phase', 2))).toEqual([
      'a belt that stands or is jammed does not move',
    ]);
  });

  test('bad seeds, looks, actions and arrays are refused', () => {
    expect(() => factory.create({ seed: 0.5 })).toThrow('integer, got 0.5');
    expect(() => factory.create({ seed: 1, look: 'barn' })).toThrow('no look "barn"; choose one of hall');
    expect(() => factory.step(hall(), 8)).toThrow('no action 8');
    expect(() => factory.render(hall(), new Uint8Array(3))).toThrow('the array has 3');
    expect(() => factory.tell!(hall(), 'lunch')).toThrow('cannot be told "lunch"; it knows night falls');
  });
});

describe('the gripper', () => {
  test('takes a parcel to its bin, where it counts by its size', () => {
    const states = play(hall([4, largeBlue]), [DOWN, GRAB, UP, RIGHT, RIGHT, RELEASE, NONE]);
    expect(states[2]!.gripper.held).toEqual(largeBlue);
    expect(states[6]!.falling).toEqual([undefined, largeBlue, undefined]);
    expect(last(states)).toMatchObject({ bins: [0, 1, 0], score: 2, errors: 0, reward: 2 });
    const wrong = last(play(hall([4, largeBlue]), [DOWN, GRAB, UP, RIGHT, RELEASE, NONE]));
    expect(wrong).toMatchObject({ bins: [1, 0, 0], score: 0, errors: 1, reward: -2 });
  });

  test('grabs only when it is down, and puts nothing onto another parcel or through it', () => {
    expect(last(play(hall([4, red]), [GRAB])).gripper.held).toBeUndefined();
    const carried = play(hall([4, red], [3, largeBlue]), [DOWN, GRAB, LEFT]);
    expect(last(carried).gripper.column).toBe(4);
    const above = play(hall([4, red], [3, largeBlue]), [DOWN, GRAB, UP, LEFT, DOWN, RELEASE]);
    expect(last(above).gripper).toMatchObject({ column: 3, isDown: false, held: red });
    const back = last(play(hall([4, red]), [DOWN, GRAB, UP, LEFT, RELEASE]));
    expect([back.gripper.held, back.belt[3]]).toEqual([undefined, red]);
  });

  test('stays on its rail', () => {
    expect(last(play(hall(), Array<number>(12).fill(LEFT))).gripper.column).toBe(1);
    expect(last(play(hall(), Array<number>(12).fill(RIGHT))).gripper.column).toBe(7);
  });
});

describe('the belt', () => {
  test('takes parcels on by a cell every four frames, up to its end', () => {
    const states = play(hall([2, red]), [SWITCH, ...Array<number>(11).fill(NONE)]);
    const places = states.map(({ belt }) => belt.findLastIndex((parcel) => parcel !== undefined));
    expect(places).toEqual([2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4]);
    const stopped = play(states[6]!, [SWITCH, ...Array<number>(6).fill(NONE)]);
    expect(last(stopped).belt).toEqual(states[6]!.belt);
  });

  test('jams when it is full, and goes on when something was taken', () => {
    const full = hall(...[0, 1, 2, 3, 4].map((column) => [column, red] as const));
    const jammed = last(play(full, [SWITCH, NONE, NONE, NONE]));
    expect(jammed).toMatchObject({ isJammed: true, isRunning: false, reward: -1 });
    expect(last(play(jammed, [SWITCH])).isRunning).toBe(false);
    const mended = last(play(jammed, [DOWN, GRAB, UP, SWITCH]));
    expect(mended).toMatchObject({ isJammed: false, isRunning: true });
  });

  test('jams for a parcel that is stuck, until it is taken', () => {
    const stuck = factory.tell!({ ...hall([4, red]), isRunning: true }, 'a parcel jams');
    expect(stuck).toMatchObject({ isJammed: true, isRunning: false });
    expect(picture(stuck)).not.toBe(picture({ ...stuck, belt: hall([4, red]).belt }));
    expect(last(play(stuck, [SWITCH, NONE])).isJammed).toBe(true);
    const taken = last(play(stuck, [DOWN, GRAB, SWITCH]));
    expect(taken).toMatchObject({ isJammed: false, isRunning: true, gripper: { held: red } });
  });

  test('can be told to stop and start, to bring a parcel, and the light to change', () => {
    expect(factory.tell!({ ...hall(), isRunning: true }, 'the belt stops').isRunning).toBe(false);
    expect(factory.tell!(hall(), 'the belt starts').isRunning).toBe(true);
    const arrived = factory.tell!(hall(), 'a parcel arrives');
    expect([arrived.belt[0], arrived.arrived]).toEqual([hall().next, 1]);
    expect(factory.tell!(hall(), 'night falls').look).toBe('night shift');
  });
});

test('a full bin is shipped and replaced', () => {
  const state = { ...hall([4, red]), bins: [8, 0, 0], arrived: 9 };
  const states = play(state, [DOWN, GRAB, UP, RIGHT, RELEASE, NONE, NONE]);
  expect(states[6]!.bins).toEqual([9, 0, 0]);
  expect(states[7]).toMatchObject({ bins: [0, 0, 0], shipped: [9, 0, 0] });
});

describe('the picture', () => {
  test('is made of the few patches that the legend names', () => {
    const { names, cell, rows, columns } = factory.legend!();
    expect([cell, rows, columns]).toEqual([8, 8, 8]);
    const known = new Set(Object.values(names));
    expect(known.size).toBeLessThanOrEqual(300);
    const seen = new Set<string>();
    for (const name of policyNames) {
      for (let seed = 0; seed < 8; seed++) {
        for (const state of watch(name, seed, 60).states) {
          const frame = factory.render(state);
          for (let at = 0; at < rows * columns; at++) {
            const [left, top] = [(at % columns) * CELL, Math.floor(at / columns) * CELL];
            const lines = Array.from({ length: CELL }, (_, y) => {
              const from = ((top + y) * 64 + left) * 3;
              return Buffer.from(frame.subarray(from, from + 3 * CELL));
            });
            seen.add(Buffer.concat(lines).toString('base64'));
          }
        }
      }
    }
    for (const each of seen) expect(known.has(each)).toBe(true);
    expect(seen.size).toBeGreaterThan(100);
  });

  test('shows everything that matters', () => {
    const state = hall([1, red], [3, largeBlue]);
    const states: FactoryState[] = [
      ...factory.looks.map((look) => factory.create({ seed: 1, look })),
      state,
      { ...state, isRunning: true },
      { ...state, isJammed: true },
      ...[1, 2, 3].map((phase) => ({ ...state, phase })),
      ...[1, 2, 3, 5, 6, 7].map((column) => ({ ...state, gripper: { ...state.gripper, column } })),
      { ...state, gripper: { ...state.gripper, isDown: true } },
      { ...state, gripper: { ...state.gripper, held: red } },
      { ...state, gripper: { ...state.gripper, held: largeBlue } },
      ...kinds.map((_, kind) => ({
        ...state,
        falling: kinds.map((_, at) => (at === kind ? red : undefined)),
      })),
      ...kinds.map((_, kind) => ({ ...state, bins: kinds.map((_, at) => (at === kind ? 4 : 0)) })),
      ...[1, 9, 10, 42].flatMap((value) => [
        { ...state, score: value },
        { ...state, errors: value },
      ]),
      hall([2, red]),
      hall([1, { ...red, size: 1 }]),
      hall([1, { ...red, kind: 2 }]),
    ];
    expect(new Set(states.map(picture)).size).toBe(states.length);
  });
});

test('captions say how the belt goes, what is held, what is sorted and what lies where', () => {
  const { things, sentence } = factory.describe(hall([4, red], [1, largeBlue]));
  expect(things).toEqual({ 'small red parcel': [1, 'below'], 'large blue parcel': [1, 'left'] });
  expect(sentence).toBe(
    'a factory hall, the belt stands, the gripper is empty, in the bins 0 red, 0 blue, 0 green: a small red parcel below, a large blue parcel to the left',
  );
});

describe.each(policyNames)('the player %s', (name) => {
  test('repeats itself for the same seed only, and uses every action', () => {
    expect(watch(name, 7, 150).actions).toEqual(watch(name, 7, 150).actions);
    expect(watch(name, 8, 150).actions).not.toEqual(watch(name, 7, 150).actions);
    const used = new Set([0, 1, 2, 3].flatMap((seed) => watch(name, seed, 500).actions));
    expect([...used].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });
});

test('workers sort, make some mistakes, and meet jams', () => {
  let [score, errors, jams, back] = [0, 0, 0, 0];
  for (let seed = 0; seed < 12; seed++) {
    const { states } = watch('explore', seed, 300);
    score += last(states).score;
    errors += last(states).errors;
    jams += states.filter((state, t) => t > 0 && state.isJammed && !states[t - 1]!.isJammed).length;
    const { states: carried, actions } = watch('return', seed, 300);
    back += actions.filter(
      (action, t) => action === RELEASE && carried[t]!.gripper.column < BELT && !carried[t + 1]!.gripper.held,
    ).length;
  }
  expect(score).toBeGreaterThan(120);
  expect(errors).toBeGreaterThan(3);
  expect(jams).toBeGreaterThan(5);
  expect(back).toBeGreaterThan(10);
});
