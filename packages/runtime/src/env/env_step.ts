import type { ReadoutValues } from '@snowglobe/model';
import type { PromptImage } from '../world/prompt.js';

/** What is told of one environment beside its observation. */
export interface EnvInfo {
  /** Steps of the episode. */
  readonly step: number;
  /** The session's seed: it and the prompt give the same episode in a session alone. */
  readonly seed: number;
  /** Which of the prompts it began with; absent where `reset` was given another one. */
  readonly prompt?: number;
  /** Episodes since the environment was seeded. */
  readonly episode: number;
  /** What the step told. */
  readonly told?: string;
  /** Numbers that the frame tells, of worlds that have any. */
  readonly readouts?: ReadoutValues;
  /** Where the step ended one episode and began the next: the last observation of that which ended, and its info. */
  readonly finalObs?: Observations;
  readonly finalInfo?: EnvInfo;
}

/** What is told beside observations. */
export interface EnvInfos {
  /** What rewards follow from, in words; a world that is told nothing else has none. */
  readonly rewardFrom: string;
  /** What terminations follow from. */
  readonly terminationFrom: string;
  /** One an environment; none of those that were not reset, or loaded. */
  readonly envs: readonly (EnvInfo | undefined)[];
}

/** Bytes (B, H, W, 3), or codes (B, rows, columns): the caller's own. */
export type Observations = Uint8Array | Int32Array;

/** What environments show after they were reset or loaded. */
export interface EnvReset {
  readonly observations: Observations;
  readonly infos: EnvInfos;
}

/** What a step gives: the five of Gymnasium, each for B environments. */
export interface EnvStep extends EnvReset {
  readonly rewards: Float64Array;
  /** 1 where the episode has ended in the world: nothing comes after it. */
  readonly terminations: Uint8Array;
  /** 1 where it was cut off after `maxSteps`: it would have gone on. */
  readonly truncations: Uint8Array;
}

/** What a step does beside its actions. */
export interface EnvStepOptions {
  /**
   * What happens on the way to the next frames, in worlds that know events: one sentence for all environments, or a list with one for each, undefined
   * where nothing is told. An environment that the step resets is told nothing.
   */
  readonly tell?: string | readonly (string | undefined)[] | undefined;
}

/** How environments are reset. */
export interface EnvResetOptions {
  /**
   * Environment i gets the seed + i, or the i-th of a list; one without keeps the chance that it has, and begins its next episode.
   */
  readonly seed?: number | readonly (number | undefined)[] | undefined;
  readonly options?:
    | {
        /** Which environments are reset; default all. */
        readonly resetMask?: ArrayLike<boolean | number> | undefined;
        /** Which prompt they begin with, by number, or another picture or sentence; default: chance decides. */
        readonly prompt?: number | PromptImage | string | undefined;
      }
    | undefined;
}
