import { afterAll, beforeAll, expect, test } from 'vitest';
import { createNodeOnnxExecutor } from '../node/onnx.js';
import { eventfulPatches, untrainedPatches } from '../testing/untrained_patches.js';
import { World } from '../world/world.js';
import { WorldEnv } from './world_env.js';

const [width, height] = [32, 32];
const prompt = { width, height, data: new Uint8Array(width * height * 3).map((_, i) => (i * 61) % 256) };
const open = (file = eventfulPatches()) =>
  World.create(file, 'w', async () => createNodeOnnxExecutor({ threads: 1 }));
const codes = { prompts: [prompt], observation: 'tokens' } as const;

let world: World;
beforeAll(async () => {
  world = await open();
});
afterAll(() => world.close());

test('environments are told what sessions are told, each its own or all the same, and the infos say so', async () => {
  const env = new WorldEnv(world, { ...codes, count: 3 });
  expect(env.events).toEqual(['night falls', 'the day breaks']);
  await env.reset({ seed: 5 });
  const alone = await Promise.all([5, 6, 7].map((seed) => world.start({ prompt, seed })));
  for (const [t, tell] of [
    undefined,
    ['Night falls!', undefined, 'day'],
    'the day breaks',
    undefined,
  ].entries()) {
    const { observations, infos } = await env.step([t, 1, 2], { tell });
    const told = [0, 1, 2].map((i) => (typeof tell === 'string' ? tell : tell?.[i]));
    for (const [i, session] of alone.entries()) {
      const frame = await session.step([t, 1, 2][i]!, { codes: true, tell: told[i] });
      expect([...observations.slice(i * frame.codes!.length, (i + 1) * frame.codes!.length)]).toEqual([
        ...frame.codes!,
      ]);
      expect(infos.envs[i]!.told).toBe(frame.told);
    }
    if (t === 1)
      expect(infos.envs.map((info) => info!.told)).toEqual(['night falls', undefined, 'the day breaks']);
  }
  // What is told is in the state that is saved, and not told again.
  const saved = await env.save([0]);
  const { infos } = await env.load(saved, [1]);
  expect(infos.envs[1]!.told).toBeUndefined();
  await env.close();
});

test('functions see what was told; an environment that is reset in the step is told nothing', async () => {
  const seen: (string | undefined)[] = [];
  const reward = ({ after }: { readonly after: { readonly told?: string } }) => seen.push(after.told);
  const env = new WorldEnv(world, { ...codes, maxSteps: 1, reward });
  await env.reset({ seed: 1 });
  await env.step([0], { tell: 'night falls' });
  const { infos } = await env.step([0], { tell: 'night falls' });
  expect([seen, infos.envs[0]!.step, infos.envs[0]!.told]).toEqual([['night falls'], 0, undefined]);
  await env.close();
});

test.each<[unknown, RegExp]>([
  ['a comet', /^tell: 'comet' is not known here; this world can be told: night falls, the day breaks\.$/],
  [
    ['night falls', 'a comet'],
    /^env: environment 1, tell: 'comet' is not known here; this world can be told/,
  ],
  [['night falls'], /^env: tell has 1 sentences for 2 environments; give a sentence for all, or a list/],
  [7, /^env: tell has 7 for 2 environments; give a sentence/],
  [['night falls', 3], /^env: environment 1, tell: /],
  ['', /^tell: it has no word that says anything/],
])('tell %j is refused before anything has stepped', async (tell, message) => {
  const [env, twin] = [0, 1].map(() => new WorldEnv(world, { ...codes, count: 2 }));
  for (const each of [env!, twin!]) await each.reset({ seed: 2 });
  await expect(env!.step([1, 2], { tell } as object)).rejects.toThrow(message);
  expect(await env!.step([1, 2])).toEqual(await twin!.step([1, 2]));
  for (const each of [env!, twin!]) await each.close();
});

test('a world without events says so', async () => {
  const silent = await open(untrainedPatches());
  const env = new WorldEnv(silent, codes);
  await env.reset();
  await expect(env.step([0], { tell: 'night falls' })).rejects.toThrow('tell: this world knows no events');
  expect(env.events).toEqual([]);
  await env.close();
  await silent.close();
});
