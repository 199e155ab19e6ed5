import { expect, test } from 'vitest';
import { openWorld } from '../../world/node/open_world.js';
import { openWorldEnv } from './open_world_env.js';

const device = { executor: 'onnx', threads: 1 } as const;

test('a world that is given by name brings its prompts and goals, and is closed with its environments', async () => {
  const env = await openWorldEnv('crafter-int4', { device, count: 2, goal: 'Collect wood', seed: 5 });
  expect(env.metadata).toEqual({ autoresetMode: 'next-step', renderFps: 8 });
  expect(env.actionNames).toContain('make_iron_sword');
  expect(env.singleActionSpace.n).toBe(17);
  const { observations, infos } = await env.reset();
  expect(observations).toHaveLength(2 * 64 * 64 * 3);
  expect(infos.terminationFrom).toBe("the end of the game by the read-out 'health', the goal 'Collect wood'");
  const step = await env.step(['do', 'noop']);
  expect(step.infos.envs[1]!.readouts!['health']).toBeGreaterThan(0);
  await env.close();
});

test('goals that no file tells, and worlds of which no pictures lie at hand, are refused', async () => {
  await expect(openWorldEnv('crafter-int4', { device, goal: 'Fly' })).rejects.toThrow(
    /^env: there is no goal 'Fly' among 'Collect a sapling', 'Collect wood', /,
  );
  const world = await openWorld('crafter-int4', device);
  await expect(openWorldEnv(world)).rejects.toThrow(/^env: no prompts were given/);
  await expect(openWorldEnv(world, { goal: 'Collect wood' })).rejects.toThrow(
    "env: there is no goal 'Collect wood' among those of this world, of which no file tells any",
  );
  const prompt = { width: 1, height: 1, data: Uint8Array.of(90, 160, 80) };
  const env = await openWorldEnv(world, { prompts: [prompt] });
  await env.reset();
  await env.close();
  // It is its owner's.
  expect(world.preview(prompt).width).toBe(64);
  await (await world.start({ prompt })).step('noop');
  await world.close();
});
