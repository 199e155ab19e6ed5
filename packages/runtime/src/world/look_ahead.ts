import * as v from 'valibot';
import { integerOption, readOptions } from '../options.js';
import type { Priority } from '../placing/place.js';
import type { Frame } from './frame.js';
import type { Timeline } from './timeline.js';
import type { World } from './world.js';

/** Frames that can be looked ahead at once: others wait meanwhile. */
export const mostAhead = 16;

/** How far is looked ahead, and how. */
export interface LookAheadOptions {
  /** Frames, 1 to 16; default 8. */
  readonly frames?: number | undefined;
  /** Default 0: what is likeliest. */
  readonly temperature?: number | undefined;
}

const options = v.object({
  frames: v.optional(integerOption('frames', 1, mostAhead, 'usually 8'), 8),
  temperature: v.optional(v.unknown(), 0),
});

/**
 * What would come if one action were done from where a session is, which stays there.
 * @throws SnowglobeError for an unknown action, and options that make no sense
 */
export async function lookAhead(
  world: World,
  from: Timeline,
  action: string | number,
  given: LookAheadOptions,
  priority?: Priority,
): Promise<readonly Frame[]> {
  const { frames: count, temperature } = readOptions('lookAhead', options, given);
  const snapshot = await from.snapshot();
  const branch = await world.resume({ ...snapshot, temperature: temperature as number }, { priority });
  try {
    const frames: Frame[] = [];
    for (let i = 0; i < count; i++) frames.push(await branch.step(action));
    return frames;
  } finally {
    await branch.close();
  }
}
