/** How many things move about in the view: a world that loses its creatures, or doubles them, does not hold. And whether it wakes up. */
import type { Figure, Recordings } from '@snowglobe/model';
import { figuresOf } from '../figures.js';
import type { Legend } from '../legend/legend.js';
import { cellReader } from '../legend/read_cells.js';
import type { Rules } from '../rules/rules.js';
import { mean } from '../statistics.js';

/** What is counted in a frame. */
export interface FrameCount {
  /** Moving things in the view. */
  readonly things: number;
  /** Whether the view has a look in which actions do nothing, as when asleep. */
  readonly isHelpless: boolean;
  /** The game before was over: this frame does not follow from the one before. */
  readonly isAnew?: boolean | undefined;
}

/** Counts in a frame (H, W, 3) of RGB bytes. */
export type ThingCounter = (frame: Uint8Array) => FrameCount;

/** @param rules say which things of the legend move, and in which looks nothing can be done; default: all but the player, and none */
export function thingCounter(legend: Legend, rules: Rules | undefined, data: Recordings): ThingCounter {
  const read = cellReader(legend, data);
  const { columns, player } = legend;
  const isMoving = (thing: string): boolean => rules?.things.includes(thing) ?? thing !== 'player';
  const moves = legend.meanings.map(
    (meaning) => meaning.kind === 'place' && meaning.thing !== undefined && isMoving(meaning.thing),
  );
  const helpless = legend.meanings.map(
    (meaning) => meaning.kind === 'place' && (rules?.helpless.includes(meaning.look) ?? false),
  );
  return (frame) => {
    const { codes } = read(frame);
    let things = 0;
    for (let place = 0; place < legend.viewRows * columns; place++) if (moves[codes[place]!]) things++;
    return { things, isHelpless: helpless[codes[player.row * columns + player.column]!]! };
  };
}

/** Frames over which things are to be kept. */
const span = 100;
/** Frames at the end of a walk in which nothing can be done: nobody wakes up any more. */
const forEver = 300;

/** How many moving things there are, and how they move. */
export interface ThingCounts {
  /** Mean number in view over all frames, and in the recordings. */
  readonly inView: number;
  readonly gameInView: number;
  /** Mean number in the last `span` frames. */
  readonly atEnd: number;
  /** 100 frames later over now. */
  readonly kept: ThingsKept;
  /** The same in the recordings; `undefined` where they are too short. */
  readonly gameKept?: ThingsKept;
  /** Share of frames in which actions do nothing, and in the recordings. */
  readonly helpless: number;
  readonly gameHelpless: number;
  /** Share of walks in whose last 300 frames actions do nothing. */
  readonly helplessForEver: number;
  /** Games that came to their end, in 1,000 frames. */
  readonly ends: number;
}

/** Things of pairs of frames, the second 100 frames after the first in the same game. */
export interface ThingsKept {
  /** Mean number later over mean number now; 1 keeps them. */
  readonly share: number;
  /** Share of pairs with more than twice as many and one more. */
  readonly multiplied: number;
  /** Share of pairs with none, of those that had some. */
  readonly vanished: number;
}

export function countThings(
  walks: readonly (readonly FrameCount[])[],
  data: Recordings,
  count: ThingCounter,
): ThingCounts {
  const size = data.width * data.height * 3;
  const recorded = data.clips.map(({ frames }, clip) => {
    const all = data.frames(clip, 0, frames);
    return Array.from({ length: frames }, (_, t) => count(all.subarray(t * size, (t + 1) * size)));
  });
  const numberOf = ({ things }: FrameCount): number => things;
  const helplessIn = (frames: readonly FrameCount[]): number =>
    mean(frames.map(({ isHelpless }) => (isHelpless ? 1 : 0)));
  const gameKept = keptOver(recorded);
  const frames = walks.flat();
  return {
    inView: mean(frames.map(numberOf)),
    gameInView: mean(recorded.flat().map(numberOf)),
    atEnd: mean(walks.flatMap((counts) => counts.slice(-span)).map(numberOf)),
    kept: keptOver(walks) ?? { share: 1, multiplied: 0, vanished: 0 },
    ...(gameKept && { gameKept }),
    helpless: helplessIn(frames),
    gameHelpless: helplessIn(recorded.flat()),
    helplessForEver: mean(
      walks.map((each) => (each.slice(-forEver).every(({ isHelpless }) => isHelpless) ? 1 : 0)),
    ),
    ends: (1000 * frames.filter(({ isAnew }) => isAnew).length) / frames.length,
  };
}

function keptOver(walks: readonly (readonly FrameCount[])[]): ThingsKept | undefined {
  let [now, later, pairs, some, multiplied, vanished] = [0, 0, 0, 0, 0, 0];
  for (const counts of walks) {
    const ends = counts.flatMap(({ isAnew }, t) => (isAnew ? [t] : []));
    for (let t = 0; t + span < counts.length; t++) {
      if (ends.some((end) => end > t && end <= t + span)) continue;
      const [was, is] = [counts[t]!.things, counts[t + span]!.things];
      now += was;
      later += is;
      pairs++;
      if (is > 2 * was + 1) multiplied++;
      if (was > 0) some++;
      if (was > 0 && is === 0) vanished++;
    }
  }
  if (now === 0) return undefined;
  return { share: later / now, multiplied: multiplied / pairs, vanished: vanished / some };
}

export function thingFigures(counts: ThingCounts): Figure[] {
  const { inView, gameInView, atEnd, kept, gameKept, helpless, gameHelpless, helplessForEver, ends } = counts;
  const keptFigure = (name: string, key: keyof ThingsKept, title: string): Figure => ({
    ...{ name, title, value: kept[key], unit: 'share' },
    ...(gameKept && { game: gameKept[key] }),
  });
  return figuresOf(
    keptFigure('thingsKept', 'share', 'moving things in view after 100 frames, as a share'),
    keptFigure(
      'thingsMultiplied',
      'multiplied',
      'pairs of frames 100 apart with more than twice as many things, and one',
    ),
    keptFigure(
      'thingsVanished',
      'vanished',
      'pairs of frames 100 apart with none left, of those that had some',
    ),
    { name: 'thingsInView', title: 'moving things in view, mean', value: inView, game: gameInView, unit: '' },
    {
      name: 'thingsAtEnd',
      title: 'moving things in view, last 100 frames',
      value: atEnd,
      game: gameInView,
      unit: '',
    },
    helpless === 0 && gameHelpless === 0
      ? undefined
      : {
          ...{ name: 'helpless', title: 'frames in which actions do nothing, as when asleep', unit: 'share' },
          ...{ value: helpless, game: gameHelpless },
        },
    helpless === 0
      ? undefined
      : {
          ...{ name: 'helplessForEver', title: 'walks whose last 300 frames are all such', unit: 'share' },
          value: helplessForEver,
        },
    ends === 0
      ? undefined
      : {
          name: 'ends',
          title: 'games that come to their end, and begin anew, in 1,000 frames',
          value: ends,
          unit: '',
        },
  );
}
