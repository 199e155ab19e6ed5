import type { Executor } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createNodeOnnxExecutor } from '../node/onnx.js';
import { createReferenceExecutor } from '../reference/reference.js';
import { nextFrameWorld } from '../testing/next_frame_world.js';
import type { Notes } from '../testing/noting_executor.js';
import { notingExecutor } from '../testing/noting_executor.js';
import { untrainedPatches } from '../testing/untrained_patches.js';
import type { Frame } from '../world/frame.js';
import type { Session } from '../world/session.js';
import { World } from '../world/world.js';
import type { Autoreset } from './env_options.js';
import type { Transition } from './judge.js';
import type { EnvStep } from './env_step.js';
import { WorldEnv } from './world_env.js';

const picture = (step: number) => ({
  ...{ width: 32, height: 32 },
  data: Uint8Array.from({ length: 32 * 32 * 3 }, (_, i) => (i * step) % 256),
});
const prompts = [61, 37, 101, 11, 19, 29].map(picture);

/** A cell tells its patch as `score`; patches of another one, a third of them, end the game. */
const patches = Array.from({ length: 23 }, (_, patch) => patch);
const file = untrainedPatches('map', {
  numbers: [
    { name: 'score', cell: 30, values: patches.slice(0, 20).map((patch) => [patch, patch] as const) },
    { name: 'health', cell: 12, values: patches.map((patch) => [patch, patch % 3] as const) },
  ],
  end: { readout: 'health', atMost: 0 },
});
const open = (made = file, executor: Executor = createNodeOnnxExecutor({ threads: 1 })): Promise<World> =>
  World.create(made, 'test', async () => executor);

let world: World;
beforeAll(async () => void (world = await open()));
afterAll(() => world.close());

/** One environment as Gymnasium defines it, over a session that is played alone. */
class Single {
  #session!: Session;
  #frame!: Frame;
  #step = 0;

  constructor(
    readonly world: World,
    readonly maxSteps: number,
  ) {}

  async reset(seed: number, prompt: number): Promise<Int32Array> {
    await this.#session?.close();
    this.#session = await this.world.start({ prompt: prompts[prompt]!, seed, end: 'continue' });
    this.#frame = this.#session.first;
    this.#step = 0;
    return this.#session.codes();
  }

  async step(action: number): Promise<{ obs: Int32Array; reward: number; ends: boolean; isCut: boolean }> {
    const before = this.#frame.readouts!['score'];
    this.#frame = await this.#session.step(action, { codes: true });
    const after = this.#frame.readouts!['score'];
    return {
      obs: this.#frame.codes!,
      reward: before === undefined || after === undefined ? 0 : after - before,
      // A prompt in which the game is over already knows no end.
      ends: this.#frame.readouts!['health'] === 0 && this.#session.first.readouts!['health'] !== 0,
      isCut: ++this.#step === this.maxSteps,
    };
  }
}

const rowOf = <T extends Int32Array | Uint8Array>(all: T, count: number, row: number): T =>
  all.slice((row * all.length) / count, ((row + 1) * all.length) / count) as T;

const modes = ['next-step', 'same-step', 'disabled'] as const satisfies Autoreset[];

test.each(modes)(
  'environments with autoreset %s are what Gymnasium says of single ones, played alone',
  async (autoreset) => {
    const singles = await open();
    let [episodes, ended, cut] = [0, 0, 0];
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 2, max: 5 }),
        fc.integer({ min: -50, max: 50 }),
        fc.array(fc.nat(5), { minLength: 6, maxLength: 14 }),
        async (count, maxSteps, seed, script) => {
          const env = new WorldEnv(world, {
            ...{ count, maxSteps, autoreset, prompts, reward: 'score', observation: 'tokens' },
          });
          const alone = Array.from({ length: count }, () => new Single(singles, maxSteps));
          const first = await env.reset({ seed });
          for (const [i, single] of alone.entries()) {
            const { seed: own, prompt, step } = first.infos.envs[i]!;
            expect([own, step]).toEqual([seed + i, 0]);
            expect(rowOf(first.observations, count, i)).toEqual(await single.reset(own, prompt!));
          }
          let over: readonly boolean[] = alone.map(() => false);
          for (const [t, offset] of script.entries()) {
            const actions = alone.map((_, i) => (offset + i * t) % 6);
            const before = over;
            if (autoreset === 'disabled' && before.includes(true)) {
              await expect(env.step(actions)).rejects.toThrow(
                /^env: the episodes of environments? [\d, ]+ have ended/,
              );
              const { observations, infos } = await env.reset({ options: { resetMask: before } });
              for (const [i, single] of alone.entries()) {
                expect(infos.envs[i] !== undefined).toBe(before[i]);
                const { seed: own, prompt } = infos.envs[i] ?? {};
                if (before[i])
                  expect(rowOf(observations, count, i)).toEqual(await single.reset(own!, prompt!));
              }
              over = before.map(() => false);
            }
            const step = await env.step(actions);
            const now: boolean[] = [];
            for (const [i, single] of alone.entries()) {
              const info = step.infos.envs[i]!;
              const seen = rowOf(step.observations as Int32Array, count, i);
              if (autoreset === 'next-step' && over[i]) {
                expect(seen).toEqual(await single.reset(info.seed, info.prompt!));
                expect(flagsOf(step, i)).toEqual([0, 0, 0]);
                episodes++;
                now.push(false);
                continue;
              }
              const { obs, reward, ends, isCut } = await single.step(actions[i]!);
              expect(flagsOf(step, i)).toEqual([reward, Number(ends), Number(isCut)]);
              [ended, cut] = [ended + Number(ends), cut + Number(isCut)];
              now.push(ends || isCut);
              if (autoreset === 'same-step' && (ends || isCut)) {
                expect(info.finalObs).toEqual(obs);
                expect(info.finalInfo!.step).toBeGreaterThan(0);
                expect(seen).toEqual(await single.reset(info.seed, info.prompt!));
                expect(info.step).toBe(0);
                episodes++;
              } else {
                expect(seen).toEqual(obs);
                expect(info.finalObs).toBeUndefined();
              }
            }
            over = now;
          }
          await env.close();
        },
      ),
      { numRuns: 4, seed: 7 },
    );
    await singles.close();
    // Otherwise nothing has been compared.
    expect([ended, cut].every((times) => times > 0)).toBe(true);
    if (autoreset !== 'disabled') expect(episodes).toBeGreaterThan(0);
  },
);

const flagsOf = ({ rewards, terminations, truncations }: EnvStep, i: number): number[] => [
  rewards[i]!,
  terminations[i]!,
  truncations[i]!,
];

const opened: WorldEnv[] = [];
afterAll(() => Promise.all(opened.map((env) => env.close())));
function envOf(options: Partial<ConstructorParameters<typeof WorldEnv>[1]> = {}, of = world): WorldEnv {
  const env = new WorldEnv(of, { prompts, observation: 'tokens', terminated: () => false, ...options });
  opened.push(env);
  return env;
}

describe('planners', () => {
  test('fork an environment: the same actions lead to the same codes, other seeds to others', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(5), { minLength: 1, maxLength: 6 }),
        fc.array(fc.nat(5), { minLength: 3, maxLength: 6 }),
        async (before, after) => {
          const env = envOf({ count: 4 });
          await env.reset({ seed: 3 });
          for (const action of before) await env.step([action, 5 - action, action, 0]);
          const forked = await env.fork(2, [0, 3]);
          expect(forked.infos.envs.map((info) => info?.step)).toEqual([
            ...[before.length, undefined, undefined, before.length],
          ]);
          expect(rowOf(forked.observations, 4, 0)).toEqual(rowOf(forked.observations, 4, 2));
          await env.fork(2, [1], { seed: 99 });
          let differs = false;
          for (const action of after) {
            const { observations } = await env.step([action, action, action, action]);
            const [a, b, c, d] = [0, 1, 2, 3].map((row) => rowOf(observations, 4, row));
            expect([a, d]).toEqual([c, c]);
            differs ||= b!.some((code, cell) => code !== c![cell]);
          }
          expect(differs).toBe(true);
        },
      ),
      { numRuns: 4, seed: 5 },
    );
  });

  test('save environments as plain data and load them anywhere, in the middle of an episode or at its end', async () => {
    const env = envOf({ count: 2, maxSteps: 3, autoreset: 'disabled' });
    await env.reset({ seed: 1 });
    await env.step([1, 2]);
    const middle = structuredClone(await env.save());
    const seen = [await env.step([3, 4]), await env.step([5, 0])];
    const end = await env.save([1]);
    const other = envOf({ count: 2, maxSteps: 3, autoreset: 'disabled' });
    await other.load(middle);
    for (const [t, actions] of [
      [3, 4],
      [5, 0],
    ].entries())
      expect(await other.step(actions)).toEqual(seen[t]);
    await other.load([middle[0]!, end[0]!], [1, 0]);
    await expect(other.step([0, 0])).rejects.toThrow(/^env: the episodes of environment 0 have ended/);
    const { infos } = await other.reset({ options: { resetMask: [true, false] } });
    expect(infos.envs[0]).toMatchObject({ episode: 1, step: 0 });
    expect((await other.step([0, 3])).truncations).toEqual(Uint8Array.of(0, 0));
  });

  test('a snapshot of another world changes nothing', async () => {
    const env = envOf({ count: 2 });
    const twin = envOf({ count: 2 });
    for (const each of [env, twin]) {
      await each.reset({ seed: 4 });
      await each.step([1, 1]);
    }
    const [saved] = await env.save([0]);
    const bad = { ...saved!, snapshot: { ...saved!.snapshot, state: {} } };
    await expect(env.load([saved!, bad])).rejects.toThrow(/^snapshot: its '.*' is not what this world needs/);
    expect(await env.step([2, 2])).toEqual(await twin.step([2, 2]));
  });
});

test('all environments step as one run', async () => {
  const notes: Notes = { rows: [] };
  const noted = await open(file, notingExecutor(createNodeOnnxExecutor({ threads: 1 }), notes));
  const env = envOf({ count: 8, observation: 'rgb' }, noted);
  await env.reset();
  for (let t = 0; t < 3; t++) await env.step(new Int32Array(8));
  notes.rows.length = 0;
  const { observations } = await env.step(new Int32Array(8));
  expect(notes.rows).toEqual([8]);
  expect(observations).toHaveLength(8 * 32 * 32 * 3);
  const { rgba } = env.render()[5]!;
  expect([...rowOf(observations, 8, 5).slice(0, 3)]).toEqual([...rgba.slice(0, 3)]);
  await noted.close();
});

test.each([
  [[0, 7], /^env: action 7 of environment 1 is none; give a number from 0 to 6, or one of action 0, /],
  [[0, -1], /action -1 of environment 1/],
  [[0, 0.5], /action 0.5 of environment 1/],
  [['action 1', 'fly'], /action "fly" of environment 1/],
  [[0], /^env: 1 actions for 2 environments; give one for each\.$/],
  [undefined as unknown as number[], /^env: undefined actions for 2/],
])('bad actions %j are refused before anything has stepped', async (actions, message) => {
  const [env, twin] = [envOf({ count: 2 }), envOf({ count: 2 })];
  for (const each of [env, twin]) await each.reset({ seed: 2 });
  await expect(env.step(actions)).rejects.toThrow(SnowglobeError);
  await expect(env.step(actions)).rejects.toThrow(message);
  expect(await env.step(['action 1', 2])).toEqual(await twin.step([1, 'action 2']));
});

describe('rewards and ends', () => {
  test('follow from the read-outs of the world', async () => {
    const env = envOf({ count: 3, reward: 'score', terminated: undefined, autoreset: 'same-step' });
    const { infos } = await env.reset({ seed: 11 });
    expect(infos.rewardFrom).toBe("the change of the read-out 'score'");
    expect(infos.terminationFrom).toBe("the end of the game by the read-out 'health'");
  });

  test('are nothing where nobody says what they are, and the infos say so', async () => {
    const plain = await open(nextFrameWorld(), createReferenceExecutor());
    const env = new WorldEnv(plain, { prompts: [picture(9)], count: 2 });
    const { infos, observations } = await env.reset();
    expect(infos).toMatchObject({
      ...{ rewardFrom: 'nothing: it is always 0', terminationFrom: 'nothing: it is always false' },
    });
    expect(observations).toHaveLength(2 * 24 * 16 * 3);
    expect(flagsOf(await env.step(['left', 'right']), 0)).toEqual([0, 0, 0]);
    expect(env.singleObservationSpace).toEqual({
      ...{ type: 'Box', low: 0, high: 255, shape: [16, 24, 3], dtype: 'uint8' },
    });
    expect(env.actionSpace).toEqual({ type: 'MultiDiscrete', nvec: [3, 3] });
    expect(() => new WorldEnv(plain, { prompts: [picture(9)], observation: 'tokens' })).toThrow(
      'env: frames of this world are not made of tiles, so there are no tokens',
    );
    await env.close();
    await plain.close();
  });

  test('follow from functions, which see both frames', async () => {
    const seen: Transition[] = [];
    const env = envOf({
      count: 2,
      reward: (transition) => seen.push(transition),
      terminated: ({ env: i, step }) => i === 1 && step === 2,
      autoreset: 'disabled',
    });
    await env.reset({ seed: 5 });
    const steps = [await env.step([1, 2]), await env.step([3, 4])];
    expect(steps.map(({ rewards }) => [...rewards])).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(steps.map(({ terminations }) => [...terminations])).toEqual([
      [0, 0],
      [0, 1],
    ]);
    expect(seen.map(({ env: i, step, action }) => [i, step, action])).toEqual([
      ...[
        [0, 1, 'action 1'],
        [1, 1, 'action 2'],
      ],
      ...[
        [0, 2, 'action 3'],
        [1, 2, 'action 4'],
      ],
    ]);
    expect(seen[2]!.before).toBe(seen[0]!.after);
    expect(seen[3]!.after.codes).toEqual(rowOf(steps[1]!.observations, 2, 1));
  });

  test('a goal is worth 1 when it is reached, and ends the episode', async () => {
    const tried = envOf({ count: 1, autoreset: 'disabled' });
    const start = await tried.reset({ seed: 6 });
    const { observations } = await tried.step([2]);
    const cell = observations.findIndex((code, i) => code !== start.observations[i]);
    const goal = {
      name: 'There',
      cells: [{ row: Math.floor(cell / 6), column: cell % 6 }],
      codes: [observations[cell]!],
    };
    const env = envOf({ count: 1, goal, terminated: undefined, autoreset: 'disabled' });
    const { infos } = await env.reset({ seed: 6 });
    expect(infos.rewardFrom).toBe("the goal 'There': 1 when it is reached");
    expect(flagsOf(await env.step([2]), 0)).toEqual([1, 1, 0]);
  });

  test('a function that fails ends nothing but the step: all are reset, and go on', async () => {
    let answer: unknown = Number.NaN;
    const env = envOf({ count: 2, reward: () => answer as number });
    await env.reset({ seed: 1 });
    const saved = await env.save();
    await expect(env.step([0, 0])).rejects.toThrow('env: reward gave NaN; let it give a finite number.');
    await expect(env.step([0, 0])).rejects.toThrow(
      'env: cannot step, as its last step failed in the middle; reset all environments, or load saved ones into all of them.',
    );
    await expect(env.reset({ options: { resetMask: [1, 0] } })).rejects.toThrow('env: cannot reset, as');
    answer = 2;
    await env.load(saved);
    expect([...(await env.step([0, 0])).rewards]).toEqual([2, 2]);
  });
});

test('the same seeds give the same episodes, one after the other', async () => {
  const [env, twin] = [envOf({ count: 2, maxSteps: 2 }), envOf({ count: 2, maxSteps: 2 })];
  for (const each of [env, twin]) await each.reset({ seed: [8, -3] });
  const seeds = new Set<number>();
  for (let t = 0; t < 7; t++) {
    const step = await env.step([t % 6, 1]);
    expect(step).toEqual(await twin.step([t % 6, 1]));
    for (const info of step.infos.envs) seeds.add(info!.seed);
  }
  expect(seeds.size).toBe(6);
  const { infos } = await env.reset({ options: { prompt: 1 } });
  expect(infos.envs.map((info) => info!.prompt)).toEqual([1, 1]);
  // A picture of the caller's own, such as what another game shows.
  const one = await env.reset({ seed: 4, options: { prompt: prompts[2]! } });
  const other = await twin.reset({ seed: 4, options: { prompt: 2 } });
  expect(one.observations).toEqual(other.observations);
  expect([one.infos.envs[0]!.prompt, other.infos.envs[0]!.prompt]).toEqual([undefined, 2]);
  expect((await env.step([1, 2])).observations).toEqual((await twin.step([1, 2])).observations);
  await expect(env.reset({ options: { prompt: 'a lake' } })).rejects.toThrow(/knows no words/);
});
