import { describe, expect, test } from 'vitest';
import type { Reading } from './physics.js';
import { policyNames } from './policy.js';
import { simulators } from './simulators.js';
import type { World } from './world.js';

/** Frames of an episode, read one after the other. */
function* watch(world: World<unknown>, policy: (typeof policyNames)[number], seed: number, frames: number) {
  const player = world.player(policy, seed);
  let state = world.create({ seed });
  let reading = world.physics!.read(world.render(state));
  for (let t = 1; t < frames; t++) {
    const action = player(state);
    const [before, was] = [reading, state];
    state = world.step(state, action);
    reading = world.physics!.read(world.render(state), before);
    yield { t, before, was, action: world.actionNames[action]!, state, reading };
  }
}

/** Places in the world are told from where a walk began. */
const relative = new Set(['column', 'row']);

/** What frames have no room for more of. */
const most: Readonly<Record<string, number>> = { fines: 6 };

const games = [...simulators.values()].filter(({ physics }) => physics);

describe.each(games.map((world) => [world.name, world] as const))('frames of %s', (_, world) => {
  const { stateNames, laws = [] } = world;
  const physics = world.physics!;

  test('tell the numbers that they are drawn of, and keep the laws', () => {
    const told = new Set<string>();
    for (const [seed, policy] of policyNames.entries()) {
      let first: readonly [number[], Reading] | undefined;
      let hasEnded = false;
      for (const { t, before, was, state, reading } of watch(world, policy, seed + 5, 200)) {
        first ??= [world.measure(was), before];
        const truth = world.measure(state);
        // Another level begins elsewhere.
        hasEnded ||= truth[stateNames.indexOf('end')] === 1;
        for (const [at, name] of stateNames.entries()) {
          const read = reading.numbers[name];
          if (read === undefined) continue;
          told.add(name);
          if (relative.has(name) && hasEnded) continue;
          const origin = !relative.has(name) ? 0 : first[0][at]! - first[1].numbers[name]!;
          expect(read + origin, `${name} of ${policy} at frame ${t}`).toBe(
            Math.min(truth[at]!, most[name] ?? Infinity),
          );
        }
        const broken = laws.filter(
          (law) => law.seenIn !== 'state' && !law.holds(before.numbers, reading.numbers),
        );
        expect(
          broken.map(({ name }) => name),
          `${policy} at frame ${t}`,
        ).toEqual([]);
      }
    }
    for (const name of physics.counts) expect([...told]).toContain(name);
  });

  test('show what is impossible, and that it never comes about', () => {
    const tried = new Map(physics.impossible.map(({ name }) => [name, 0]));
    // A town takes long to be built.
    const seeds = world.name === 'driving' ? 2 : 5;
    for (const policy of policyNames) {
      for (let seed = 20; seed < 20 + seeds; seed++) {
        for (const { reading, state } of watch(world, policy, seed, 160)) {
          for (const { name, actions, isImpossible, succeeds } of physics.impossible) {
            for (const action of actions) {
              if (!isImpossible(reading, action)) continue;
              const after = world.step(state, world.actionNames.indexOf(action));
              const next = physics.read(world.render(after), reading);
              expect(succeeds(reading, next, action), name).toBe(false);
              tried.set(name, tried.get(name)! + 1);
            }
          }
        }
      }
    }
    for (const [name, count] of tried) expect(count, name).toBeGreaterThan(0);
  });
});
