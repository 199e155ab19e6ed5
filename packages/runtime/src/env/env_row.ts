import { generatorFor } from '@snowglobe/model';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { Frame } from '../world/frame.js';
import type { PromptImage } from '../world/prompt.js';
import type { Session, Snapshot } from '../world/session.js';
import type { World } from '../world/world.js';

/** An environment in the middle of an episode, as plain data. */
export interface SavedEnv {
  readonly snapshot: Snapshot;
  /** Steps of the episode. */
  readonly step: number;
  /** Seed of the environment, number of the episode since it was seeded, and which of the prompts it began with, if with one of them. */
  readonly seed: number;
  readonly episode: number;
  readonly prompt?: number;
  /** Whether the episode has ended. */
  readonly isOver: boolean;
}

/** What episodes of an environment begin with. */
export interface RowOptions {
  readonly prompts: readonly (PromptImage | string)[];
  readonly temperature?: number | undefined;
  readonly confidenceThreshold?: number | undefined;
}

/** Where an environment stands. */
interface Episode {
  readonly session: Session;
  readonly frame: Frame;
  readonly step: number;
  readonly seed: number;
  readonly episode: number;
  readonly prompt?: number;
  readonly isOver: boolean;
}

/** Puts an environment somewhere else, when all others are ready for it, too. */
export type Commit = () => Promise<void>;

/** One environment: a session of the world, and what an episode is beside it. */
export class EnvRow {
  readonly #world: World;
  readonly #options: RowOptions;
  /** Of the next reset, unless it is given another one. */
  readonly #seed: number;
  #now: Episode | undefined;

  constructor(world: World, options: RowOptions, seed: number) {
    this.#world = world;
    this.#options = options;
    this.#seed = seed;
  }

  /** Undefined before the first reset. */
  get now(): Episode | undefined {
    return this.#now;
  }

  /**
   * Begins an episode. The first after a seed is a session with that seed; the seeds of later ones, and which prompt any of them begins with,
   * follow from seed and episode alone.
   * @param prompt number of the prompt, or another one; default: chance decides
   */
  async prepareReset(seed?: number, prompt?: number | PromptImage | string): Promise<Commit> {
    const before = this.#now;
    const base = seed ?? before?.seed ?? this.#seed;
    const episode = seed === undefined && before ? before.episode + 1 : 0;
    const { prompts, temperature, confidenceThreshold } = this.#options;
    const random = generatorFor(base, `episode ${episode}`);
    const drawn = uniformInt(random, 0, prompts.length - 1);
    const own = uniformInt(random, 0, 2 ** 31 - 1);
    const chosen = prompt ?? drawn;
    const isOwn = typeof chosen === 'number';
    const first = isOwn ? prompts[chosen]! : chosen;
    const session = await this.#world.start({
      ...(typeof first === 'string' ? { text: first } : { prompt: first }),
      ...{ temperature, confidenceThreshold, seed: episode === 0 ? base : own },
      // The environment begins episodes, not the session; and who plays for people goes before it.
      ...{ end: 'continue', priority: 'batch' },
    });
    return this.#prepare(session, {
      ...{ step: 0, seed: base, episode, isOver: false },
      ...(isOwn && { prompt: chosen }),
    });
  }

  /** @param seed of what is left to chance from now on; default: as saved */
  async prepareLoad({ snapshot, ...rest }: SavedEnv, seed?: number): Promise<Commit> {
    const session = await this.#world.resume(seed === undefined ? snapshot : { ...snapshot, seed }, {
      priority: 'batch',
    });
    return this.#prepare(session, rest);
  }

  async #prepare(session: Session, rest: Omit<Episode, 'session' | 'frame'>): Promise<Commit> {
    const { first } = session;
    const frame = this.#world.tiles ? { ...first, codes: await session.codes() } : first;
    return async () => {
      const before = this.#now;
      this.#now = { ...rest, session, frame };
      await before?.session.close();
    };
  }

  /**
   * @param tell what happens on the way
   * @returns the frame before and the frame after
   */
  async step(
    action: string,
    tell?: string,
  ): Promise<{ readonly before: Frame; readonly after: Frame; readonly step: number }> {
    const { session, frame: before, ...rest } = this.#now!;
    const after = await session.step(action, { codes: this.#world.tiles !== undefined, tell });
    const step = rest.step + 1;
    this.#now = { ...rest, session, frame: after, step };
    return { before, after, step };
  }

  /** The episode has ended, or not. */
  end(isOver: boolean): void {
    this.#now = { ...this.#now!, isOver };
  }

  async save(): Promise<SavedEnv> {
    const { session, frame: _, ...rest } = this.#now!;
    return { ...rest, snapshot: await session.snapshot() };
  }

  async close(): Promise<void> {
    await this.#now?.session.close();
  }
}
