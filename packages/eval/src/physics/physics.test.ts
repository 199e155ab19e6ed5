import { expect, it } from 'vitest';
import { cellActions, cellLegend, cellRecordings, cellRules } from '../testing/cell_game.js';
import type { Faults } from '../testing/cell_game.js';
import { cellOneStep, cellWalker } from '../testing/cell_walker.js';
import { frozenWalker, recordedWalker, shuffledWalker } from '../walks/bounds.js';
import type { Walker } from '../walks/walker.js';
import type { PhysicsEvaluation } from './physics.js';
import { evaluatePhysics } from './physics.js';

const data = cellRecordings(16, 121);

const measure = (walker: Walker, faults?: Faults): Promise<PhysicsEvaluation> =>
  evaluatePhysics(data, walker, {
    ...{ seed: 1, frames: 120, keys: cellActions, idle: 'noop', legend: cellLegend, rules: cellRules },
    actionAt: (clip, frame) => cellActions[data.actions(clip, frame, 1)[0] ?? 0]!,
    ...(faults && {
      openOneStep: () => Promise.resolve(cellOneStep(data, faults)),
      trials: { recorded: 40, scripted: 20, illegal: 20 },
    }),
  });

const valueOf = ({ figures }: PhysicsEvaluation, name: string): number =>
  figures.find((each) => each.name === name)!.value;

it('the recordings as a world keep every rule, and so does the game after a true past', async () => {
  const physics = await measure(recordedWalker(data), {});
  for (const name of ['effectsFree', 'effectsRecorded', 'moved', 'turned']) {
    expect(valueOf(physics, name), name).toBeGreaterThan(0.98);
  }
  // Who drinks may get thirsty in the same moment; all other effects have nothing that chance could change.
  for (const { name, scripted } of physics.rules!.trials!.effects) {
    if (name !== 'drink') expect(scripted.came, name).toBe(scripted.of);
  }
  for (const name of [
    'illegalFree',
    'illegalScripted',
    'itemsUnexplained',
    'walkedThrough',
    'groundsChanged',
  ]) {
    expect(valueOf(physics, name), name).toBe(0);
  }
  expect(valueOf(physics, 'thingsLost')).toBe(0);
  expect(valueOf(physics, 'stateError64')).toBe(0);
  expect(valueOf(physics, 'placeError')).toBe(0);
  expect(valueOf(physics, 'stateUnchanged')).toBeGreaterThan(0.1);
  expect(valueOf(physics, 'latency')).toBe(1);
  // Every 25th of 120 frames.
  expect(valueOf(physics, 'falls-drink')).toBeCloseTo(400 / 120, 1);
  const { trials } = physics.rules!;
  expect(trials!.effects.find(({ name }) => name === 'wood')!.scripted.of).toBe(20);
  expect(trials!.illegal.map(({ action }) => action).sort()).toEqual(['do', 'make_pickaxe', 'place_table']);
});

it('the game as a world follows keys at once; a frozen picture and frames in no order do not', async () => {
  const game = await measure(cellWalker(data));
  expect(game.response.following).toBeGreaterThan(0.8);
  expect(game.response.frames).toBe(1);
  const frozen = await measure(frozenWalker(data));
  expect(frozen.response).toMatchObject({ following: 0.5, answered: 0 });
  expect(valueOf(frozen, 'moved')).toBeLessThan(0.05);
  const shuffled = await measure(shuffledWalker(data));
  expect(Math.abs(shuffled.response.following - 0.5)).toBeLessThan(0.2);
  expect(valueOf(shuffled, 'turned')).toBeLessThan(0.6);
  expect(valueOf(shuffled, 'thingsLost')).toBeGreaterThan(0.3);
});

it('walking through trees is found', async () => {
  const physics = await measure(cellWalker(data, { walkThrough: 0.5 }));
  expect(valueOf(physics, 'walkedThrough')).toBeGreaterThan(0.05);
  expect(valueOf(physics, 'effectsFree')).toBeGreaterThan(0.95);
});

it('something for nothing is found', async () => {
  const faults = { forFree: 1 };
  const physics = await measure(cellWalker(data, faults), faults);
  expect(valueOf(physics, 'illegalScripted')).toBeGreaterThan(0.2);
  expect(valueOf(physics, 'illegalFree')).toBeGreaterThan(0.02);
});

it('what does not come when it must is found', async () => {
  const faults = { fails: 0.5 };
  const physics = await measure(cellWalker(data, faults), faults);
  for (const name of ['effectsFree', 'effectsRecorded', 'effectsScripted']) {
    expect(valueOf(physics, name), name).toBeGreaterThan(0.3);
    expect(valueOf(physics, name), name).toBeLessThan(0.7);
  }
});

it('keys that come late are measured in frames', async () => {
  const physics = await measure(cellWalker(data, { late: 2 }));
  expect(valueOf(physics, 'responseFrames')).toBe(3);
  expect(valueOf(physics, 'moved')).toBeLessThan(0.9);
});

it('cows that vanish beside the player are lost', async () => {
  const physics = await measure(cellWalker(data, { losesCow: 0.3 }));
  expect(valueOf(physics, 'thingsLost')).toBeGreaterThan(0.02);
});

it('a game that begins anew breaks no rule by it', async () => {
  const physics = await measure(cellWalker(data, {}, 40));
  for (const name of ['itemsUnexplained', 'walkedThrough', 'groundsChanged', 'thingsLost', 'stateError16']) {
    expect(valueOf(physics, name), name).toBe(0);
  }
});
