import { describe, expect, test } from 'vitest';
import { platformer } from './platformer/platformer.js';
import { createPolicy, policyNames } from './policy.js';

const names = platformer.actionNames;

function actionsOf(name: (typeof policyNames)[number], seed: number, frames: number): number[] {
  const player = createPolicy(name, names, seed);
  return Array.from({ length: frames }, () => player(undefined));
}

describe.each(policyNames)('%s', (name) => {
  test('repeats itself for the same seed only', () => {
    expect(actionsOf(name, 7, 200)).toEqual(actionsOf(name, 7, 200));
    expect(actionsOf(name, 8, 200)).not.toEqual(actionsOf(name, 7, 200));
  });

  test('uses every action and nothing else', () => {
    const used = new Set(actionsOf(name, 1, 5000));
    expect([...used].sort()).toEqual(names.map((_, action) => action));
  });
});

test('random presses every action equally often', () => {
  const frames = 12_000;
  const counts = new Array<number>(names.length).fill(0);
  for (const action of actionsOf('random', 3, frames)) counts[action]! += 1;
  // Five standard deviations of a binomial count.
  const p = 1 / names.length;
  const tolerance = 5 * Math.sqrt(frames * p * (1 - p));
  for (const count of counts) expect(Math.abs(count - frames * p)).toBeLessThan(tolerance);
});

test('explore holds keys, and goes right more than left', () => {
  const actions = actionsOf('explore', 3, 12_000);
  const changes = actions.filter((action, t) => t > 0 && action !== actions[t - 1]).length;
  expect(actions.length / changes).toBeGreaterThan(5);
  const held = (key: string) => actions.filter((action) => names[action]!.startsWith(key)).length;
  expect(held('right')).toBeGreaterThan(2 * held('left'));
  expect(held('left')).toBeGreaterThan(actions.length / 20);
});

test('a world without actions is refused', () => {
  expect(() => createPolicy('random', [], 1)).toThrow('at least one action');
});

test('idle stands still for seconds; return takes back every step to the side', () => {
  const none = names.indexOf('none');
  const idle = actionsOf('idle', 3, 6000);
  let longest = 0;
  for (let run = 0, t = 0; t < idle.length; t++) {
    run = idle[t] === none ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  expect(longest).toBeGreaterThan(30);
  const side = (action: number) => (/left/.test(names[action]!) ? -1 : /right/.test(names[action]!) ? 1 : 0);
  let at = 0;
  let farthest = 0;
  for (const action of actionsOf('return', 3, 6000)) {
    at += side(action);
    farthest = Math.max(farthest, Math.abs(at));
  }
  expect(farthest).toBeLessThanOrEqual(70);
});

test('captions of the platformer name what is in view', () => {
  const sentences = Array.from({ length: 30 }, (_, seed) => {
    const player = platformer.player('explore', seed);
    let state = platformer.create({ seed });
    for (let t = 0; t < 60; t++) state = platformer.step(state, player(state));
    const { things, sentence } = platformer.describe(state);
    for (const [name, [count]] of Object.entries(things)) {
      expect(count).toBeGreaterThan(0);
      expect(sentence).toContain(name);
    }
    return sentence;
  });
  expect(new Set(sentences).size).toBeGreaterThan(20);
  expect(sentences.join()).toMatch(/coin/);
});
