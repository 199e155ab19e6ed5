/** How many things move about in the view: a world that loses its creatures, or doubles them, does not hold. */
import type { Figure, Recordings } from '@snowglobe/model';
import { figuresOf } from '../figures.js';
import type { Legend } from '../legend/legend.js';
import { cellReader } from '../legend/read_cells.js';
import type { Rules } from '../rules/rules.js';
import { mean } from '../statistics.js';

/** Counts the moving things in the view of a frame (H, W, 3) of RGB bytes. */
export type ThingCounter = (frame: Uint8Array) => number;

export function thingCounter(legend: Legend, { things }: Rules, data: Recordings): ThingCounter {
  const read = cellReader(legend, data);
  const moves = legend.meanings.map(
    (meaning) => meaning.kind === 'place' && meaning.thing !== undefined && things.includes(meaning.thing),
  );
  return (frame) => {
    const { codes } = read(frame);
    let count = 0;
    for (let place = 0; place < legend.viewRows * legend.columns; place++) if (moves[codes[place]!]) count++;
    return count;
  };
}

/** Frames over which things are to be kept. */
const span = 100;

/** How many moving things there are, and how they move. */
export interface ThingCounts {
  /** Mean number in view over all frames, and in the recordings. */
  readonly inView: number;
  readonly gameInView: number;
  /** Mean number in the last `span` frames. */
  readonly atEnd: number;
  /** Mean number 100 frames later over mean number now, for all such pairs of frames; 1 keeps them. */
  readonly kept: number;
  /** The same in the recordings; `undefined` where they are too short. */
  readonly gameKept?: number;
}

export function countThings(
  walks: readonly (readonly number[])[],
  data: Recordings,
  count: ThingCounter,
): ThingCounts {
  const size = data.width * data.height * 3;
  const recorded = data.clips.map(({ frames }, clip) => {
    const all = data.frames(clip, 0, frames);
    return Array.from({ length: frames }, (_, t) => count(all.subarray(t * size, (t + 1) * size)));
  });
  const gameKept = keptOver(recorded);
  return {
    inView: mean(walks.flat()),
    gameInView: mean(recorded.flat()),
    atEnd: mean(walks.flatMap((counts) => counts.slice(-span))),
    kept: keptOver(walks) ?? 1,
    ...(gameKept !== undefined && { gameKept }),
  };
}

function keptOver(walks: readonly (readonly number[])[]): number | undefined {
  let [now, later] = [0, 0];
  for (const counts of walks) {
    for (let t = 0; t + span < counts.length; t++) {
      now += counts[t]!;
      later += counts[t + span]!;
    }
  }
  return now > 0 ? later / now : undefined;
}

export function thingFigures({ inView, gameInView, atEnd, kept, gameKept }: ThingCounts): Figure[] {
  return figuresOf(
    {
      name: 'thingsKept',
      title: 'moving things in view after 100 frames, as a share',
      value: kept,
      unit: 'share',
      ...(gameKept !== undefined && { game: gameKept }),
    },
    { name: 'thingsInView', title: 'moving things in view, mean', value: inView, game: gameInView, unit: '' },
    {
      name: 'thingsAtEnd',
      title: 'moving things in view, last 100 frames',
      value: atEnd,
      game: gameInView,
      unit: '',
    },
  );
}
