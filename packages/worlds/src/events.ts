import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { seededRandom } from './random.js';
import type { World } from './world.js';

/** A sentence that a game is told at a frame, while it goes on to the next. */
export type ToldEvent = readonly [frame: number, sentence: string];

/** Keeps the numbers of events apart from those of levels and players. */
const EVENTS = 2;

/**
 * When a game is told what, by chance: each of its events as often as any other.
 * @param options.frames of the episode; nothing is told at the last one
 * @param options.count how many events to expect
 * @param options.seed integer; the same seed tells the same
 * @returns by frame; none where the game cannot be told anything
 */
export function scheduleEvents<State>(
  { events = [] }: Pick<World<State>, 'events'>,
  { frames, count, seed }: { readonly frames: number; readonly count: number; readonly seed: number },
): ToldEvent[] {
  if (events.length === 0 || count === 0) return [];
  const random = seededRandom(seed, EVENTS);
  const told: ToldEvent[] = [];
  for (let frame = 0; frame + 1 < frames; frame++) {
    if (uniformFloat64(random) * (frames - 1) >= count) continue;
    told.push([frame, events[uniformInt(random, 0, events.length - 1)]!]);
  }
  return told;
}
