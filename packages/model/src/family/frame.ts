import type { KvCacheBits } from '../memory/kv_cache.js';
import type { OneOrEach } from '../one_or_each.js';

/** What the config of every world says; the other fields are its family's own. */
export interface FrameConfig {
  /** Pixels of a frame. */
  readonly width: number;
  readonly height: number;
  /** Frames a second of the recordings that it was learned from. */
  readonly fps: number;
}

/** How many worlds a frame is of, and how they remember. */
export interface FrameOptions {
  /** Worlds that are played at once; default 1. */
  readonly batch?: number | undefined;
  /**
   * Whether each of them is at a frame of its own and is sampled in a way of its own, so that they may join and leave; default false:
   * they go on together. Of models that `stepApart`.
   */
  readonly apart?: boolean | undefined;
  /**
   * Bits of the keys and values that are remembered, with a scale a head: a quarter of the memory. Default: all are floats.
   */
  readonly kvCache?: KvCacheBits | undefined;
}

/** How frames are sampled. */
export interface SamplingOptions {
  /** One a world. */
  readonly seeds: readonly number[];
  /** 0 always takes the likeliest, 1 what was learned. */
  readonly temperature: OneOrEach;
  /** What is less likely than this (0 … 1) is not sampled: left to a smooth guess, or to what is likelier, by the family. */
  readonly confidenceThreshold: OneOrEach;
}

/** What the inputs of a frame are made of beside what is wanted in it. */
export interface FrameInputOptions extends SamplingOptions {
  /** What each world is told at this frame: one of `WorldModel.events`, or undefined. Default: no world is told anything. */
  readonly told?: readonly (string | undefined)[] | undefined;
}
