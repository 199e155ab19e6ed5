import { SnowglobeError } from '@snowglobe/graph';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createReferenceExecutor } from '../reference/reference.js';
import { untrainedPatches } from '../testing/untrained_patches.js';
import { World } from '../world/world.js';
import { WorldEnv } from './world_env.js';

let world: World;
beforeAll(async () => {
  const numbers = ['score', 'health'].map((name, cell) => ({ name, cell, values: [[0, 1]] as const }));
  world = await World.create(untrainedPatches('map', { numbers }), 'test', async () =>
    createReferenceExecutor(),
  );
});
afterAll(() => world.close());

const prompt = { width: 1, height: 1, data: Uint8Array.of(90, 160, 80) };
const envOf = (options: object): WorldEnv => new WorldEnv(world, { prompts: [prompt, prompt], ...options });

test.each<[object, RegExp]>([
  [{ count: 0 }, /^env: count 0 is not an integer of 1 to 4096/],
  [{ observation: 'pixels' }, /^env: observation "pixels" is not known; use one of rgb, tokens/],
  [{ autoreset: 'always' }, /use one of next-step, same-step, disabled/],
  [{ maxSteps: 0 }, /^env: maxSteps 0/],
  [{ reward: 'gold' }, /^env: this world tells no 'gold', it tells score, health; name one/],
  [{ reward: 3 }, /^env: reward 3 is neither the name of a read-out nor a function/],
  [{ terminated: true }, /^env: terminated true is no function/],
  [{ goal: 'wood' }, /^env: goal "wood" is none/],
  [{ prompts: [] }, /^env: no prompts were given/],
  [{ prompts: [3] }, /^env: prompts: 3 is neither/],
  [{ prompts: ['a lake'] }, /^env: this world knows no words/],
  [{ prompts: [{ width: 3 }] }, /^prompt: /],
  [{ seed: 2 ** 31 }, /^env: seed 2147483648 is not an integer/],
  [{ seed: [1, 2, 3] }, /^env: 3 seeds for 1 environments/],
])('options %j are refused in a sentence', (options, message) => {
  expect(() => envOf(options)).toThrow(SnowglobeError);
  expect(() => envOf(options)).toThrow(message);
});

test('what is asked at the wrong time, or of environments that are not there, is refused', async () => {
  const env = envOf({ count: 2 });
  await expect(env.step([0, 0])).rejects.toThrow('env: cannot step, as it was not reset yet');
  expect(() => env.render()).toThrow('env: cannot render, as it was not reset yet');
  await env.reset();
  await expect(env.fork(2, [0])).rejects.toThrow('env: there is no environment 2; give numbers from 0 to 1.');
  await expect(env.fork(0, [1, 1])).rejects.toThrow('give a list of their numbers, each once');
  await expect(env.load([])).rejects.toThrow('are no environments');
  await expect(env.load(await env.save(), [0])).rejects.toThrow('2 saved environments for 1 places');
  await expect(env.reset({ options: { resetMask: [false, false] } })).rejects.toThrow(
    'resetMask has 2 values',
  );
  await expect(env.reset({ options: { prompt: 2 } })).rejects.toThrow('env: prompt 2 is none of the 2');
  await env.close();
  await env.close();
  await expect(env.step([0, 0])).rejects.toThrow('env: it was closed; open another one.');
});
