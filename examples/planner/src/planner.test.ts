import { World, WorldEnv, createNodeOnnxExecutor } from '@snowglobe/runtime';
import { untrainedPatches } from '@snowglobe/runtime/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { dreamedGame } from './games.js';
import { held, plan } from './planner.js';

const prompt = { width: 4, height: 4, data: Uint8Array.from({ length: 48 }, (_, i) => (i * 37) % 256) };
const actions = ['action 0', 'action 1', 'action 2', 'action 3', 'action 4'];
/** What is rewarded: in each step another action. */
const secret = [3, 1, 4, 0, 2, 2];

let world: World;
beforeAll(async () => {
  world = await World.create(untrainedPatches(), 'test', async () => createNodeOnnxExecutor({ threads: 1 }));
});
afterAll(() => world.close());

const envOf = (count: number, reward: (action: string, step: number) => number): WorldEnv =>
  new WorldEnv(world, {
    ...{ count, prompts: [prompt], observation: 'tokens' },
    reward: ({ action, step }) => reward(action, step),
  });
/** Numbers that are the same each time (Lehmer). */
const random = (() => {
  let state = 1;
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
})();
const options = { actions, horizon: secret.length, elite: 0.2, discount: 1, random };

it('finds what is rewarded, of which random sequences find little', async () => {
  const hits = (sequence: readonly string[]): number =>
    sequence.filter((action, t) => action === actions[secret[t]!]).length;
  const env = envOf(16, (action, step) => Number(action === actions[secret[step - 1]!]));
  const found = await plan(env, (round) => env.reset({ seed: round }), { ...options, rounds: 6 });
  const byChance = Array.from({ length: 200 }, () =>
    hits(held(actions.length, secret.length, random).map((action) => actions[action]!)),
  );
  expect(byChance.reduce((sum, each) => sum + each, 0) / byChance.length).toBeLessThan(2);
  expect(found).toHaveLength(secret.length);
  expect(hits(found!)).toBeGreaterThanOrEqual(5);
  await env.close();
});

it('says so where no dream comes to a reward, after one round', async () => {
  const env = envOf(4, () => 0);
  let rounds = 0;
  const begin = (): Promise<unknown> => (rounds++, env.reset());
  expect(await plan(env, begin, { ...options, rounds: 5 })).toBeUndefined();
  expect(rounds).toBe(1);
  await env.close();
});

it('dreams begin where the game is, each with chance of its own', async () => {
  const game = dreamedGame(envOf(1, () => 0));
  const dreams = envOf(3, () => 0);
  await game.begin(5);
  const seen = await game.step('action 2');
  const { observations } = (await seen.dream(dreams, 70)) as { observations: Int32Array };
  const [saved] = await dreams.save([1]);
  expect(saved).toMatchObject({ step: 1, snapshot: { index: 1, seed: 71 } });
  expect([...observations.slice(0, 36)]).toEqual([...observations.slice(36, 72)]);
  await dreams.close();
  await game.close();
});
