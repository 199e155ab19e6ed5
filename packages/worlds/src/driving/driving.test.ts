import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { policyNames, type PolicyName } from '../policy.js';
import { brokenLaws } from '../world.js';
import { OPEN, PAVEMENT, ROAD_WIDTH, hasLights } from './cells.js';
import { driving } from './driving.js';
import { along, stopOf } from './lanes.js';
import { lightOf } from './lights.js';
import { cellsOf, isOnCrossing } from './scene.js';
import type { DrivingState, OtherCar } from './state.js';
import { surfaceAt } from './town.js';

const [NONE, UP, DOWN, LEFT, RIGHT] = [0, 1, 2, 3, 4];
const CELL = 4;

function play(state: DrivingState, actions: readonly number[]): DrivingState[] {
  const states = [state];
  for (const action of actions) states.push(driving.step(states.at(-1)!, action));
  return states;
}

function watch(name: PolicyName, seed: number, frames: number) {
  const player = driving.player(name, seed);
  const states = [driving.create({ seed })];
  const actions: number[] = [];
  while (states.length < frames) {
    actions.push(player(states.at(-1)!));
    states.push(driving.step(states.at(-1)!, actions.at(-1)!));
  }
  return { states, actions };
}

const picture = (state: DrivingState): string => Buffer.from(driving.render(state)).toString('base64');
const last = <T>(all: readonly T[]): T => all.at(-1)!;

/** The cells of a frame as base64, row by row. */
function cells(state: DrivingState): string[] {
  const frame = driving.render(state);
  return Array.from({ length: 256 }, (_, cell) => {
    const [left, top] = [(cell % 16) * CELL, Math.floor(cell / 16) * CELL];
    const rows = Array.from({ length: CELL }, (_, y) => {
      const from = ((top + y) * 64 + left) * 3;
      return Buffer.from(frame.subarray(from, from + 3 * CELL));
    });
    return Buffer.concat(rows).toString('base64');
  });
}

/** A town without others, the own car on a lane that goes east for some cells, with a car put so many cells ahead where asked for. */
function street(ahead?: number): DrivingState {
  const state = driving.create({ seed: 5, look: 'day' });
  const { x, y } = state.town.crossings[0]!;
  const own = { x: x + ROAD_WIDTH + 1, y: y + 2, heading: 0, speed: 0, isBraking: true, wreck: 0 };
  const other: OtherCar = {
    ...{ x: own.x + 2 + (ahead ?? 0), y: own.y, heading: 0, speed: 0, isBraking: true, wreck: 0 },
    ...{ colour: 'blue', crossing: 1, exit: 0, isBlind: false, halt: 99 },
  };
  return { ...state, own, time: 0, people: [], cars: ahead === undefined ? [] : [other] };
}

const anyActions = fc
  .array(fc.tuple(fc.nat(driving.actionNames.length - 1), fc.integer({ min: 1, max: 8 })), { maxLength: 24 })
  .map((holds) => holds.flatMap(([action, frames]) => Array<number>(frames).fill(action)));

describe('an episode', () => {
  test('is the same for the same seed and actions, and leaves earlier states as they were', () => {
    fc.assert(
      fc.property(fc.integer(), anyActions, (seed, actions) => {
        const first = driving.create({ seed });
        const [before, numbers] = [picture(first), driving.measure(first)];
        const [one, other] = [0, 1].map(() => last(play(first, actions)));
        expect(driving.measure(other!)).toEqual(driving.measure(one!));
        expect(picture(other!)).toBe(picture(one!));
        expect([picture(first), driving.measure(first)]).toEqual([before, numbers]);
      }),
      { numRuns: 10 },
    );
  });

  test('keeps its laws, whatever is pressed', () => {
    fc.assert(
      fc.property(fc.integer(), anyActions, (seed, actions) => {
        const rows = play(driving.create({ seed }), actions).map((state) => driving.measure(state));
        for (let t = 1; t < rows.length; t++) expect(brokenLaws(driving, rows[t - 1]!, rows[t]!)).toEqual([]);
      }),
      { numRuns: 20 },
    );
  });

  test('neither loses cars and people nor puts two into one place', () => {
    fc.assert(
      fc.property(fc.integer(), anyActions, (seed, actions) => {
        const first = driving.create({ seed });
        for (const state of play(first, actions)) {
          expect([state.cars.length, state.people.length]).toEqual([first.cars.length, first.people.length]);
          const taken = [state.own, ...state.cars].flatMap(cellsOf).map(([x, y]) => y * 1000 + x);
          taken.push(...state.people.map(({ x, y }) => y * 1000 + x));
          expect(new Set(taken).size).toBe(taken.length);
          for (const [x, y] of cellsOf(state.own))
            expect(surfaceAt(state.town, x, y)).toBeLessThanOrEqual(OPEN);
          for (const { x, y } of state.people)
            expect(surfaceAt(state.town, x, y)).toBeLessThanOrEqual(PAVEMENT);
        }
      }),
      { numRuns: 10 },
    );
  });

  test('a wrong number is told as broken laws', () => {
    const [before, after] = play(street(), [UP]).map((state) => driving.measure(state)) as [
      number[],
      number[],
    ];
    expect(brokenLaws(driving, before, after)).toEqual([]);
    const change = (name: string, value: number): number[] =>
      after.map((old, at) => (driving.stateNames[at] === name ? value : old));
    expect(brokenLaws(driving, before, change('speed', 3))).toContain('no car goes faster than it can');
    expect(brokenLaws(driving, before, change('clock', 9))).toEqual(['the lights go their round']);
    const rows = play(street(3), [NONE]).map((state) => driving.measure(state)) as [number[], number[]];
    rows[1][driving.stateNames.indexOf('car1_dx')] = 1;
    expect(brokenLaws(driving, ...rows)).toEqual(['no two cars are in one place']);
    rows[1][driving.stateNames.indexOf('car1_dx')] = -3;
    expect(brokenLaws(driving, ...rows)).toEqual(['no car drives through another']);
  });

  test('bad seeds, looks, actions and arrays are refused', () => {
    expect(() => driving.create({ seed: 0.5 })).toThrow('integer, got 0.5');
    expect(() => driving.create({ seed: 1, look: 'fog' })).toThrow('no look "fog"; choose one of day');
    expect(() => driving.step(street(), 7)).toThrow('no action 7');
    expect(() => driving.render(street(), new Uint8Array(3))).toThrow('the array has 3');
    expect(() => driving.tell!(street(), 'a horse appears')).toThrow('cannot be told "a horse appears"');
  });
});

describe('the own car', () => {
  test('goes two cells a frame at most, and stops within one from there', () => {
    const speeds = play(street(), [UP, UP, UP]).map(({ own }) => own.speed);
    expect(speeds).toEqual([0, 1, 2, 2]);
    const braked = play(street(), [UP, UP, DOWN, DOWN]);
    expect(last(braked).own.x - braked[2]!.own.x).toBe(1);
    expect(last(braked).own.speed).toBe(0);
    expect(last(play(street(), [DOWN, DOWN])).own).toMatchObject({ speed: -1, x: street().own.x - 2 });
  });

  test('turns only while it goes, and slowly; beside the road it is slow', () => {
    expect(last(play(street(), [LEFT])).own).toMatchObject({ heading: 0, x: street().own.x });
    const fast = last(play(street(), [UP, UP, LEFT])).own;
    expect(fast).toMatchObject({ heading: 3, speed: 1, x: street().own.x + 3, y: street().own.y - 1 });
    const state = street();
    const surface = state.town.surface.map((each) => Math.min(each, OPEN));
    const off = play({ ...state, town: { ...state.town, surface } }, [UP, RIGHT, UP, UP, UP]);
    expect(off.slice(-2).map(({ own }) => own.speed)).toEqual([1, 1]);
    expect(driving.measure(last(off))[driving.stateNames.indexOf('onRoad')]).toBe(0);
  });

  test('is wrecked by another car, both stand, and it is mended after a while', () => {
    const states = play(street(3), [UP, UP, UP, ...Array<number>(12).fill(NONE)]);
    const hit = states.findIndex(({ crashes }) => crashes === 1);
    expect(hit).toBe(3);
    expect(states[hit]!.own).toMatchObject({ speed: 0, wreck: 3, x: street().own.x + 3 });
    expect(states[hit]!.cars[0]!.wreck).toBe(3);
    expect(picture(states[hit]!)).not.toBe(
      picture({ ...states[hit]!, own: { ...states[hit]!.own, wreck: 0 } }),
    );
    expect(last(states).own.wreck).toBe(0);
    const { x, y } = last(states).cars[0]!;
    expect(Math.max(Math.abs(x - last(states).own.x), Math.abs(y - last(states).own.y))).toBeGreaterThan(12);
    expect(last(states).crashes).toBe(1);
  });

  test('bumps into walls when slow, is wrecked by them when fast, and is fined for who it hits', () => {
    const state = street();
    const wall = (distance: number): DrivingState => {
      const surface = state.town.surface.slice();
      surface[state.own.y * state.town.width + state.own.x + 2 + distance] = OPEN + 1;
      return { ...state, town: { ...state.town, surface } };
    };
    expect(last(play(wall(0), [UP, UP, UP])).own).toMatchObject({ x: state.own.x, speed: 0, wreck: 0 });
    expect(last(play(wall(3), [UP, UP, UP]))).toMatchObject({
      crashes: 1,
      own: { x: state.own.x + 3, wreck: 3 },
    });
    const person = { x: state.own.x + 3, y: state.own.y, heading: 1, shirt: 0, down: 0 };
    const hit = last(play({ ...state, people: [person] }, [UP, UP]));
    expect(hit).toMatchObject({ fines: 1, crashes: 0, own: { speed: 0 } });
    expect(hit.people[0]!.down).toBeGreaterThan(0);
  });

  test('is paid for the way on the road, and fined for a red light', () => {
    expect(play(street(), [UP, UP, DOWN]).map(({ reward }) => reward)).toEqual([0, 1, 2, 1]);
    const run = (time: number): number => last(play({ ...street(), time }, Array<number>(9).fill(UP))).fines;
    const reached = play(street(), Array<number>(9).fill(UP)).findIndex((state) =>
      isOnCrossing(state.own, state.town.crossings[1]!),
    );
    const crossing = street().town.crossings[1]!;
    const [red, green] = ['red', 'green'].map((light) =>
      Array.from({ length: 32 }, (_, time) => time).find(
        (time) => lightOf(crossing, 0, time + reached - 1) === light,
      ),
    );
    expect([run(red!), run(green!)]).toEqual([1, 0]);
  });
});

describe('the others', () => {
  test('stop for red unless they are reckless, and accidents happen', () => {
    let [entered, ran, wrecks] = [0, 0, 0];
    for (let seed = 0; seed < 8; seed++) {
      const { states } = watch('explore', seed, 160);
      for (let t = 1; t < states.length; t++) {
        const [before, after] = [states[t - 1]!, states[t]!];
        after.cars.forEach((car, id) => {
          const was = before.cars[id]!;
          if (car.wreck > was.wreck) wrecks++;
          const crossing = before.town.crossings[was.crossing]!;
          if (!hasLights(crossing) || along(was) !== stopOf(crossing, was.heading)) return;
          if (car.x === was.x && car.y === was.y) return;
          if (car.wreck > 0 || was.wreck > 0) return;
          entered++;
          const light = lightOf(crossing, was.heading, before.time);
          if (light === 'green') return;
          ran++;
          if (car.colour !== 'red')
            throw new Error(`car ${id} of seed ${seed} ran a light that was ${light}`);
        });
      }
    }
    expect(entered).toBeGreaterThan(200);
    expect(ran).toBeGreaterThan(0);
    expect(wrecks).toBeGreaterThan(4);
  });

  test('show with their lamps whether they stand and where they turn', () => {
    const shown = (change: Partial<OtherCar>): string => {
      const state = street(3);
      return picture({ ...state, cars: [{ ...state.cars[0]!, ...change }] });
    };
    const pictures = [
      {},
      { isBraking: false },
      { exit: 1 },
      { exit: 3 },
      { wreck: 1 },
      { wreck: 2 },
      { wreck: 3 },
    ];
    expect(new Set(pictures.map(shown)).size).toBe(pictures.length);
  });

  test('can be told to brake, to step onto the road, and the weather to change', () => {
    const state = { ...street(4), cars: [{ ...street(4).cars[0]!, halt: 0, speed: 1, isBraking: false }] };
    const moved = last(play(state, [NONE])).cars[0]!;
    const stopped = last(play(driving.tell!(state, 'a car brakes'), [NONE])).cars[0]!;
    expect([moved.x - state.cars[0]!.x, stopped.x - state.cars[0]!.x]).toEqual([1, 0]);
    expect(stopped.isBraking).toBe(true);
    expect(driving.tell!(state, 'it starts to snow').look).toBe('snow');
    const { town, own } = state;
    const person = { x: own.x + 4, y: own.y + 2, heading: 0, shirt: 0, down: 0 };
    expect(surfaceAt(town, person.x, person.y)).toBe(PAVEMENT);
    const told = driving.tell!({ ...state, cars: [], people: [person] }, 'someone steps onto the road');
    const crossed = play(told, Array<number>(12).fill(NONE)).map(({ people }) => people[0]!.y - own.y);
    expect(crossed[2]).toBe(1);
    expect(last(crossed)).toBe(-3);
  });
});

describe('the picture', () => {
  test('is made of the few patches that the legend names', () => {
    const { names, cell, rows, columns } = driving.legend!();
    expect([cell, rows, columns]).toEqual([4, 16, 16]);
    const known = new Set(Object.values(names));
    expect(known.size).toBe(Object.keys(names).length);
    expect(known.size).toBeLessThanOrEqual(600);
    const seen = new Set<string>();
    for (const name of policyNames) {
      for (let seed = 0; seed < 6; seed++) {
        for (const state of watch(name, seed, 30).states) for (const each of cells(state)) seen.add(each);
      }
    }
    for (const each of seen) expect(known.has(each)).toBe(true);
    expect(seen.size).toBeGreaterThan(300);
  });

  test('scrolls by whole cells as the own car moves', () => {
    let [same, total, moved] = [0, 0, 0];
    for (let seed = 0; seed < 6; seed++) {
      const { states } = watch('explore', seed, 60);
      for (let t = 1; t < states.length; t++) {
        const [before, after] = [states[t - 1]!, states[t]!];
        const [dx, dy] = [after.own.x - before.own.x, after.own.y - before.own.y];
        if (dx === 0 && dy === 0) continue;
        moved++;
        const [earlier, later] = [cells(before), cells(after)];
        for (let y = 0; y < 14; y++) {
          for (let x = 0; x < 16; x++) {
            if (x + dx < 0 || x + dx >= 16 || y + dy < 0 || y + dy >= 14) continue;
            total++;
            if (earlier[(y + dy) * 16 + x + dx] === later[y * 16 + x]) same++;
          }
        }
      }
    }
    expect(moved).toBeGreaterThan(60);
    expect(same / total).toBeGreaterThan(0.85);
  });

  test('is another one in every look, and shows speed, heading, crashes, fines and the clock', () => {
    const state = street();
    const states = [
      ...driving.looks.map((look) => driving.create({ seed: 5, look })),
      ...[-1, 0, 1, 2].map((speed) => ({ ...state, own: { ...state.own, speed } })),
      ...[1, 2, 3].map((heading) => ({ ...state, own: { ...state.own, heading } })),
      ...[1, 2, 9, 10, 37].map((crashes) => ({ ...state, crashes })),
      ...[1, 2, 6].map((fines) => ({ ...state, fines })),
      ...Array.from({ length: 31 }, (_, time) => ({ ...state, time: time + 1 })),
    ];
    expect(new Set(states.map(picture)).size).toBe(states.length);
  });
});

test('captions name the weather, how the car goes and what is in view', () => {
  const { things, sentence } = driving.describe(street(3));
  expect(sentence).toMatch(/^a sunny town, standing, facing east.*: .*a blue car to the right/);
  expect(things['blue car']).toEqual([1, 'right']);
  expect(driving.describe(last(play(street(3), [UP, UP, UP]))).sentence).toMatch(
    /crashed.*a wreck to the right/,
  );
});

describe.each(policyNames)('the player %s', (name) => {
  test('repeats itself for the same seed only', () => {
    expect(watch(name, 7, 90).actions).toEqual(watch(name, 7, 90).actions);
    expect(watch(name, 8, 90).actions).not.toEqual(watch(name, 7, 90).actions);
  });

  test('uses every action', () => {
    const used = new Set([0, 1, 2, 3, 4, 5].flatMap((seed) => watch(name, seed, 400).actions));
    expect([...used].sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });
});

test('explore keeps to the road, return comes round to where it was, idle pauses', () => {
  let [off, frames, back, standing] = [0, 0, 0, 0];
  for (let seed = 0; seed < 6; seed++) {
    const { states } = watch('explore', seed, 200);
    const onRoad = driving.stateNames.indexOf('onRoad');
    off += states.filter((state) => driving.measure(state)[onRoad] === 0).length;
    frames += states.length;
    const known = new Map<number, number>();
    watch('return', seed, 400).states.forEach(({ own }, t) => {
      const at = own.y * 1000 + own.x;
      if (t - (known.get(at) ?? t) > 40) back++;
      known.set(at, t);
    });
    standing += watch('idle', seed, 200).states.filter(({ own }) => own.speed === 0).length;
  }
  expect(off / frames).toBeLessThan(0.1);
  expect(back).toBeGreaterThan(60);
  expect(standing).toBeGreaterThan(400);
});
