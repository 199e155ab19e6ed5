import type { EndCondition } from '../../../family/readouts.js';
import type { RecordedStates } from '../../../recordings.js';
import type { NumberReadout } from '../config/readouts.js';

/** Clips, and the share of all, that must end so. */
const [leastClips, leastShare] = [3, 0.02];

/**
 * What ends a game: the least or the greatest value of a number, where no recording goes on after it and enough end with it. A recorder
 * goes on to the end of a game or to the end of its own patience, so what stands only at ends is an end.
 * @param numbers that can be read off frames
 * @param frames of each clip
 */
export function findEnd(
  states: RecordedStates,
  numbers: readonly NumberReadout[],
  frames: readonly number[],
): EndCondition | undefined {
  let [found, most]: [EndCondition | undefined, number] = [undefined, 0];
  for (const { name, values } of numbers) {
    const column = states.names.indexOf(name);
    const readable = values.map(([, value]) => value);
    for (const [value, end] of [
      [Math.min(...readable), (at: number) => ({ readout: name, atMost: at })],
      [Math.max(...readable), (at: number) => ({ readout: name, atLeast: at })],
    ] as const) {
      let [ended, goesOn] = [0, false];
      for (const [clip, count] of frames.entries()) {
        const rows = states.of(clip);
        const at = (t: number): number => rows[t * states.names.length + column]!;
        for (let t = 0; t + 1 < count && !goesOn; t++) goesOn = at(t) === value;
        if (goesOn) break;
        if (at(count - 1) === value) ended++;
      }
      const isEnd = !goesOn && ended >= Math.max(leastClips, leastShare * frames.length);
      if (isEnd && ended > most) [found, most] = [end(value), ended];
    }
  }
  return found;
}
