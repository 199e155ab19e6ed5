import type { WorldMetadata } from '@snowglobe/model';
import * as v from 'valibot';
import { integerOption, numberOption, readOptions } from '../options.js';
import type { DrawOptions } from './engine.js';
import type { PromptImage } from './prompt.js';

export interface StartOptions {
  /** The first frame; pictures of another size are scaled to cover it. */
  readonly prompt: PromptImage;
  /** Decides everything that is left to chance; default 0. */
  readonly seed?: number | undefined;
  /** 0 always draws the likeliest, 1 what was learned, more is wilder; default: what the world says, else 1. */
  readonly temperature?: number | undefined;
  /** Details less likely than this (0 … 1) are left to a smooth guess; default: what the world says, else 0. */
  readonly certainty?: number | undefined;
}

const seed = integerOption('seed', -(2 ** 31), 2 ** 31, 'choose one');
const temperature = numberOption('temperature', 0, 100, 'use 0 to 100, usually 0 to 1');
const certainty = numberOption('certainty', 0, 1, 'use 0 to 1');

/** How a session draws: as its options say, else as the world does. @throws SnowglobeError */
export function drawOf(options: unknown, { play }: Pick<WorldMetadata, 'play'>): DrawOptions {
  const schema = v.object({
    seed: v.optional(seed, 0),
    temperature: v.optional(temperature, play?.temperature ?? 1),
    certainty: v.optional(certainty, play?.certainty ?? 0),
  });
  return readOptions('start', schema, options);
}

const snapshotDraw = v.object({ seed, temperature, certainty });

/** How a session drew when its snapshot was taken. @throws SnowglobeError */
export const drawOfSnapshot = (snapshot: unknown): DrawOptions =>
  readOptions('snapshot', snapshotDraw, snapshot);
