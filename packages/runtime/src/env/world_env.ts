import { SnowglobeError } from '@snowglobe/graph';
import { show } from '@snowglobe/graph/internal';
import { toRgb } from '@snowglobe/media';
import { SerialQueue } from '../serial_queue.js';
import type { Frame } from '../world/frame.js';
import { playedFps } from '../world/pace.js';
import type { World } from '../world/world.js';
import type { EnvSettings, Autoreset, WorldEnvOptions } from './env_options.js';
import { readEnvOptions, seedsOf } from './env_options.js';
import type { Commit, SavedEnv } from './env_row.js';
import type {
  EnvInfo,
  EnvReset,
  EnvResetOptions,
  EnvStep,
  EnvStepOptions,
  Observations,
} from './env_step.js';
import { EnvRow } from './env_row.js';
import type { Judge } from './judge.js';
import { judgeOf } from './judge.js';
import type { Box, Discrete, MultiDiscrete } from './spaces.js';
import { batched, observationSpaceOf } from './spaces.js';
import { readTold } from './told.js';

/**
 * Environments side by side in one world, in the words of Gymnasium's `VectorEnv`: each is a session, and all step as one batched run.
 * Requests are carried out one after the other; bad ones are refused before anything has changed.
 */
export class WorldEnv {
  readonly numEnvs: number;
  readonly singleObservationSpace: Box;
  readonly observationSpace: Box;
  readonly singleActionSpace: Discrete;
  readonly actionSpace: MultiDiscrete;
  /** Names of the actions, in the order of their numbers. */
  readonly actionNames: readonly string[];
  /** What they can be told. */
  readonly events: readonly string[];
  readonly metadata: { readonly autoresetMode: Autoreset; readonly renderFps: number };
  readonly #settings: EnvSettings;
  readonly #judge: Judge;
  readonly #rows: readonly EnvRow[];
  readonly #alsoClose: () => Promise<void>;
  readonly #queue = new SerialQueue();
  /** Why it has to be reset, or loaded, before it steps. */
  #stopped: string | undefined = 'it was not reset yet';

  /**
   * @param world stays its owner's, who may play other sessions in it meanwhile
   * @param alsoClose what else ends when they are closed
   * @throws SnowglobeError for options that make no sense in this world
   */
  constructor(world: World, options: WorldEnvOptions, alsoClose: () => Promise<void> = async () => {}) {
    const settings = readEnvOptions(world, options);
    const { count, observation, autoreset, prompts, seeds } = settings;
    const { temperature, confidenceThreshold } = options;
    this.#settings = settings;
    this.#alsoClose = alsoClose;
    this.#judge = judgeOf(world, settings);
    this.#rows = seeds.map((seed) => new EnvRow(world, { prompts, temperature, confidenceThreshold }, seed));
    const { names, synonyms } = world.actions;
    this.actionNames = names.filter((name) => !synonyms.includes(name));
    this.events = world.events;
    this.numEnvs = count;
    this.singleObservationSpace = observationSpaceOf(world, observation);
    this.observationSpace = batched(this.singleObservationSpace, count);
    const n = this.actionNames.length;
    this.singleActionSpace = { type: 'Discrete', n };
    this.actionSpace = { type: 'MultiDiscrete', nvec: Array.from({ length: count }, () => n) };
    this.metadata = { autoresetMode: autoreset, renderFps: playedFps(world.metadata.config.fps) };
  }

  /** Begins episodes in all environments, or in those of the mask. @throws SnowglobeError for bad options */
  async reset({ seed, options = {} }: EnvResetOptions = {}): Promise<EnvReset> {
    const { resetMask, prompt } = options;
    const chosen = this.#masked(resetMask);
    const seeds = seed === undefined ? [] : seedsOf(seed, this.numEnvs);
    if (typeof prompt === 'number' && !isBelow(prompt, this.#settings.prompts.length)) {
      throw new SnowglobeError(
        `env: prompt ${show(prompt)} is none of the ${this.#settings.prompts.length}; give its number from 0.`,
      );
    }
    return this.#queue.add(() =>
      this.#replace(chosen, (row, i) => row.prepareReset(seeds[i], prompt), 'reset'),
    );
  }

  /**
   * Steps all environments together.
   * @param actions one an environment: its number, or its name
   * @param options.tell what happens on the way, one of `events`, in all of them or in each
   * @throws SnowglobeError for a bad action, an unknown event, or an episode that has to be reset first; then nothing has stepped
   */
  async step(actions: ArrayLike<number | string>, options: EnvStepOptions = {}): Promise<EnvStep> {
    const names = this.#readActions(actions);
    const told = readTold(options, this.numEnvs, this.events);
    return this.#queue.add(() => this.#step(names, told));
  }

  /** Environments as they are, to be loaded later. @param envs numbers; default all */
  async save(envs: readonly number[] = this.#all()): Promise<readonly SavedEnv[]> {
    const rows = this.#checkEnvs(envs);
    return this.#queue.add(async () => {
      this.#checkRunning('save');
      return Promise.all(rows.map((row) => row.save()));
    });
  }

  /**
   * Goes on where environments were saved, with their chance: the same actions lead to the same frames.
   * @param envs where each of them goes on; default from 0 on
   * @param options.seed new chance instead: i-th of them gets seed + i
   * @throws SnowglobeError for what was not saved in this world; then nothing has changed
   */
  async load(
    saved: readonly SavedEnv[],
    envs: readonly number[] = saved.map((_, i) => i),
    { seed }: { readonly seed?: number | undefined } = {},
  ): Promise<EnvReset> {
    this.#checkEnvs(envs);
    if (saved.length !== envs.length) {
      throw new SnowglobeError(
        `env: ${saved.length} saved environments for ${envs.length} places; give as many of each.`,
      );
    }
    const seeds = seed === undefined ? [] : seedsOf(seed, envs.length);
    return this.#queue.add(() => this.#load(saved, envs, seeds));
  }

  /**
   * Lets environments go on where another one is, which stays there: what planners do. As `load` of what was saved.
   * @param from number of the environment
   * @param to numbers of those that go on there
   */
  async fork(
    from: number,
    to: readonly number[],
    { seed }: { readonly seed?: number | undefined } = {},
  ): Promise<EnvReset> {
    const [source] = this.#checkEnvs([from]);
    this.#checkEnvs(to);
    const seeds = seed === undefined ? [] : seedsOf(seed, to.length);
    return this.#queue.add(async () => {
      this.#checkRunning('fork');
      const saved = await source!.save();
      return this.#load(
        to.map(() => saved),
        to,
        seeds,
      );
    });
  }

  /** The pictures of all environments, whatever is observed. @throws SnowglobeError before the first reset */
  render(): readonly Frame[] {
    this.#checkRunning('render');
    return this.#rows.map(({ now }) => now!.frame);
  }

  /** Ends all sessions. Closing twice does nothing. */
  close(): Promise<void> {
    return this.#queue.close(new SnowglobeError('env: it was closed; open another one.'), async () => {
      await Promise.all(this.#rows.map((row) => row.close()));
      await this.#alsoClose();
    });
  }

  async #step(actions: readonly string[], told: readonly (string | undefined)[]): Promise<EnvStep> {
    this.#checkRunning('step');
    const { autoreset, maxSteps } = this.#settings;
    const over = this.#rows.flatMap(({ now }, i) => (now!.isOver ? [i] : []));
    if (autoreset === 'disabled' && over.length > 0) {
      throw new SnowglobeError(
        `env: the episodes of ${listed(over)} have ended, and autoreset is disabled; reset them by a resetMask first.`,
      );
    }
    const rewards = new Float64Array(this.numEnvs);
    const terminations = new Uint8Array(this.numEnvs);
    const truncations = new Uint8Array(this.numEnvs);
    return this.#whole('step', async () => {
      const stepped = await settled(
        this.#rows.map(async (row, env) => {
          // Only where it is reset by the next step, an episode is over here.
          const action = actions[env]!;
          if (!row.now!.isOver) return { env, action, ...(await row.step(action, told[env])) };
          await (
            await row.prepareReset()
          )();
          return undefined;
        }),
      );
      const ended: number[] = [];
      for (const transition of stepped) {
        if (!transition) continue;
        const { env, step } = transition;
        rewards[env] = this.#judge.reward(transition);
        terminations[env] = Number(this.#judge.terminated(transition));
        truncations[env] = Number(maxSteps !== undefined && step >= maxSteps);
        if (terminations[env] || truncations[env]) ended.push(env);
        this.#rows[env]!.end(ended.at(-1) === env);
      }
      const finals = new Map<number, Pick<EnvInfo, 'finalObs' | 'finalInfo'>>();
      if (autoreset === 'same-step') {
        for (const env of ended) finals.set(env, this.#final(env));
        await settled(ended.map(async (env) => (await this.#rows[env]!.prepareReset())()));
      }
      return { ...this.#shown(this.#all(), finals), rewards, terminations, truncations };
    });
  }

  async #load(
    saved: readonly SavedEnv[],
    envs: readonly number[],
    seeds: readonly (number | undefined)[],
  ): Promise<EnvReset> {
    return this.#replace(
      envs,
      (row, i) => {
        const at = envs.indexOf(i);
        return row.prepareLoad(saved[at]!, seeds[at]);
      },
      'load',
    );
  }

  /** Puts environments somewhere else: all of them or, where it fails, none. */
  async #replace(
    envs: readonly number[],
    prepare: (row: EnvRow, env: number) => Promise<Commit>,
    what: string,
  ): Promise<EnvReset> {
    if (envs.length < this.numEnvs) this.#checkRunning(what);
    const commits = await settled(envs.map((env) => prepare(this.#rows[env]!, env)));
    return this.#whole(what, async () => {
      await settled(commits.map((commit) => commit()));
      return this.#shown(envs);
    });
  }

  /** Does what changes several environments; where that fails in one, all have to be reset before they go on. */
  async #whole<T>(what: string, work: () => Promise<T>): Promise<T> {
    this.#stopped = `its last ${what} failed in the middle`;
    const result = await work();
    this.#stopped = undefined;
    return result;
  }

  #shown(envs: readonly number[], finals = new Map<number, Partial<EnvInfo>>()): EnvReset {
    const infos = this.#all().map((env) =>
      envs.includes(env) ? { ...this.#infoOf(env), ...finals.get(env) } : undefined,
    );
    const { rewardFrom, terminationFrom } = this.#judge;
    return {
      observations: this.#observe(this.#all()),
      infos: { rewardFrom, terminationFrom, envs: infos },
    };
  }

  #final(env: number): Pick<EnvInfo, 'finalObs' | 'finalInfo'> {
    return { finalObs: this.#observe([env]), finalInfo: this.#infoOf(env) };
  }

  #infoOf(env: number): EnvInfo {
    const { step, prompt, episode, session, frame } = this.#rows[env]!.now!;
    const { readouts, told } = frame;
    return {
      ...{ step, episode, seed: session.sampling.seed },
      ...(told !== undefined && { told }),
      ...(prompt !== undefined && { prompt }),
      ...(readouts && { readouts }),
    };
  }

  #observe(envs: readonly number[]): Observations {
    const { shape } = this.singleObservationSpace;
    const size = shape.reduce((a, b) => a * b, 1);
    const frames = envs.map((env) => this.#rows[env]!.now!.frame);
    if (this.#settings.observation === 'tokens') {
      const all = new Int32Array(frames.length * size);
      frames.forEach(({ codes }, i) => all.set(codes!, i * size));
      return all;
    }
    const all = new Uint8Array(frames.length * size);
    frames.forEach(({ width, height, rgba: data }, i) =>
      all.set(toRgb({ width, height, channels: 4, data }).data, i * size),
    );
    return all;
  }

  #all(): number[] {
    return this.#rows.map((_, i) => i);
  }

  #readActions(actions: ArrayLike<number | string>): string[] {
    const length: unknown = actions?.length;
    if (length !== this.numEnvs) {
      throw new SnowglobeError(
        `env: ${show(length)} actions for ${this.numEnvs} environments; give one for each.`,
      );
    }
    const { actionNames } = this;
    return Array.from(actions, (action, env) => {
      const name = typeof action === 'number' ? actionNames[action] : action;
      if (name !== undefined && actionNames.includes(name)) return name;
      throw new SnowglobeError(
        `env: action ${show(action)} of environment ${env} is none; give a number from 0 to ${actionNames.length - 1}, or one of ${actionNames.join(', ')}.`,
      );
    });
  }

  #checkEnvs(envs: readonly number[]): EnvRow[] {
    if (!Array.isArray(envs) || envs.length === 0 || new Set(envs).size < envs.length) {
      throw new SnowglobeError(
        `env: ${show(envs)} are no environments; give a list of their numbers, each once.`,
      );
    }
    return envs.map((env) => {
      if (isBelow(env, this.numEnvs)) return this.#rows[env]!;
      throw new SnowglobeError(
        `env: there is no environment ${show(env)}; give numbers from 0 to ${this.numEnvs - 1}.`,
      );
    });
  }

  #masked(mask: ArrayLike<boolean | number> | undefined): number[] {
    if (mask === undefined) return this.#all();
    const chosen = this.#all().filter((i) => mask?.[i]);
    if (mask?.length === this.numEnvs && chosen.length > 0) return chosen;
    throw new SnowglobeError(
      `env: resetMask has ${show(mask?.length)} values, ${chosen.length} of them true, for ${this.numEnvs} environments; give one for each, and at least one that is true.`,
    );
  }

  #checkRunning(what: string): void {
    if (this.#queue.refusal) throw this.#queue.refusal;
    if (this.#stopped === undefined) return;
    throw new SnowglobeError(
      `env: cannot ${what}, as ${this.#stopped}; reset all environments, or load saved ones into all of them.`,
    );
  }
}

const isBelow = (value: unknown, count: number): boolean =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) < count;

const listed = (envs: readonly number[]): string =>
  `environment${envs.length > 1 ? 's' : ''} ${envs.slice(0, 8).join(', ')}${envs.length > 8 ? ' and more' : ''}`;

/** Waits for all, whatever fails, so that nothing goes on behind the caller's back; then throws the first error. */
async function settled<T>(all: readonly Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(all);
  return results.map((each) => {
    if (each.status === 'rejected') throw each.reason;
    return each.value;
  });
}
