import type { WorldMetadata } from '@snowglobe/model';
import * as v from 'valibot';
import { choiceOption, integerOption, numberOption, readOptions } from '../options.js';
import type { Priority } from '../placing/place.js';
import type { SessionSampling } from './sampling.js';
import type { PromptImage } from './prompt.js';

/** What a session begins with, and how it samples. */
export interface StartOptions {
  /** The first frame; pictures of another size are scaled to cover it. Either this or a text. */
  readonly prompt?: PromptImage | undefined;
  /** What the first frame is to show, in a sentence, of worlds that know words: see `World.imagine`. */
  readonly text?: string | undefined;
  /** Decides everything that is left to chance; default 0. */
  readonly seed?: number | undefined;
  /** 0 always takes the likeliest, 1 what was learned, more is wilder; default: what the world says, else 1. */
  readonly temperature?: number | undefined;
  /**
   * What is less likely than this (0 … 1) is not sampled: left to a smooth guess, or to what is likelier; default: what the world says,
   * else 0.
   */
  readonly confidenceThreshold?: number | undefined;
  /**
   * What follows on a frame in which a world's game is over (`Frame.ended`): the world begins anew from the prompt with nothing remembered,
   * which is the default, or it goes on. Frames and chance are counted on, so that no game is like the one before.
   */
  readonly end?: 'restart' | 'continue' | undefined;
  /**
   * Whether somebody waits for each of its frames, which is the default, or for all of them: then frames of others go before its own, and where a
   * world plays on several devices it is placed so that all is done soonest.
   */
  readonly priority?: Priority | undefined;
}

const seed = integerOption('seed', -(2 ** 31), 2 ** 31, 'choose one');
const temperature = numberOption('temperature', 0, 100, 'use 0 to 100, usually 0 to 1');
const confidenceThreshold = numberOption('confidenceThreshold', 0, 1, 'use 0 to 1');

const end = v.picklist(
  ['restart', 'continue'],
  ({ received }) => `end must be 'restart' or 'continue', not ${received}`,
);

/** How a session samples: as its options say, else as the world does. @throws SnowglobeError */
export function samplingOf(options: unknown, { play }: Pick<WorldMetadata, 'play'>): SessionSampling {
  const schema = v.object({
    seed: v.optional(seed, 0),
    temperature: v.optional(temperature, play?.temperature ?? 1),
    confidenceThreshold: v.optional(confidenceThreshold, play?.certainty ?? 0),
    end: v.optional(end, 'restart'),
  });
  const { end: after, ...sampling } = readOptions('start', schema, options);
  return after === 'continue' ? { ...sampling, end: after } : sampling;
}

const priority = v.object({
  priority: v.optional(choiceOption('priority', ['interactive', 'batch']), 'interactive'),
});

/** Whether a session goes before others. @throws SnowglobeError */
export const priorityOf = (options: unknown): Priority => readOptions('start', priority, options).priority;

const snapshotSampling = v.object({
  ...{ seed, temperature, confidenceThreshold },
  end: v.optional(v.literal('continue')),
});

/** How a session sampled when its snapshot was taken. @throws SnowglobeError */
export const samplingOfSnapshot = (snapshot: unknown): SessionSampling =>
  readOptions('snapshot', snapshotSampling, snapshot);
