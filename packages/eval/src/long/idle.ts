/** A minute in which nothing is done: what changes that the game would not change. */
import type { Figure, Place, Recordings } from '@snowglobe/model';
import { figuresOf } from '../figures.js';
import type { Legend } from '../legend/legend.js';
import { cellReader } from '../legend/read_cells.js';
import type { Rules } from '../rules/rules.js';
import { mean } from '../statistics.js';
import type { WalkedAction, Walker } from '../walks/walker.js';
import { changedShare } from './change.js';

/** What changes in a world in which nothing is done. */
export interface IdleTest {
  readonly frames: number;
  /** Share of pixels that differ visibly from the first dreamed frame, mean over walks, after some seconds. */
  readonly changed: readonly { readonly seconds: number; readonly share: number }[];
  /** Share of pixels that change from one frame to the next. */
  readonly perFrame: number;
  /** The same of the game, where it was recorded doing nothing. */
  readonly game?: number;
  /** Share of cells of the view whose ground is another one at the end, cells with things left out. By legend and rules. */
  readonly ground?: number;
}

const told = [1, 10, 60];

export async function idleTest(
  data: Recordings,
  walker: Walker,
  {
    starts,
    seed,
    idle,
    frames,
    fps,
    game,
    legend,
    rules,
  }: {
    readonly starts: readonly Place[];
    readonly seed: number;
    readonly idle: WalkedAction;
    readonly frames: number;
    readonly fps: number;
    readonly game: number | undefined;
    readonly legend: Legend | undefined;
    readonly rules: Rules | undefined;
  },
): Promise<IdleTest> {
  const seconds = told.map((each) => Math.min(frames, Math.round(each * fps)) / fps);
  const times = [...new Set(seconds)].map((each) => ({ seconds: each, t: Math.round(each * fps) - 1 }));
  const changed = times.map((): number[] => []);
  const perFrame: number[] = [];
  const grounds: number[] = [];
  for (let first = 0; first < starts.length; first += walker.batch) {
    const group = starts.slice(first, first + walker.batch);
    let [begin, before]: (readonly Uint8Array[])[] = [[], []];
    const walk = {
      ...{ starts: group, length: frames, seeds: group.map((_, b) => seed + first + b) },
      actions: () => group.map(() => idle),
    };
    await walker.walk(walk, (t, shown, anew) => {
      if (t === 0) begin = shown;
      else {
        shown.forEach((frame, b) => {
          if (!anew?.[b]) perFrame.push(changedShare(frame, before![b]!));
        });
      }
      before = shown;
      times.forEach((time, i) => {
        if (time.t === t) changed[i]!.push(...shown.map((frame, b) => changedShare(frame, begin![b]!)));
      });
    });
    if (legend && rules) {
      grounds.push(...before!.map((frame, b) => changedGround(legend, data, begin![b]!, frame)));
    }
  }
  return {
    frames,
    changed: times.map(({ seconds: after }, i) => ({ seconds: after, share: mean(changed[i]!) })),
    perFrame: mean(perFrame),
    ...(game !== undefined && { game }),
    ...(grounds.length > 0 && { ground: mean(grounds) }),
  };
}

/** Cells of the view that show another ground, of those on which nothing stands in either frame. */
function changedGround(legend: Legend, data: Recordings, a: Uint8Array, b: Uint8Array): number {
  const read = cellReader(legend, data);
  const [from, to] = [read(a).codes, read(b).codes];
  let [all, other] = [0, 0];
  for (let place = 0; place < legend.viewRows * legend.columns; place++) {
    const [was, is] = [legend.meanings[from[place]!]!, legend.meanings[to[place]!]!];
    if (was.kind === 'place' && was.thing !== undefined) continue;
    if (is.kind === 'place' && is.thing !== undefined) continue;
    all++;
    if (was.kind !== is.kind || (was.kind === 'place' && is.kind === 'place' && was.ground !== is.ground))
      other++;
  }
  return all === 0 ? 0 : other / all;
}

export function idleFigures({ changed, perFrame, game, ground }: IdleTest): Figure[] {
  return figuresOf(
    {
      ...{ name: 'idlePerFrame', title: 'pixels that change a frame while nothing is done', unit: 'share' },
      ...{ value: perFrame, ...(game !== undefined && { game }) },
    },
    {
      ...{
        name: 'idleChanged',
        title: `pixels changed after ${changed.at(-1)!.seconds} s of doing nothing`,
        unit: 'share',
      },
      value: changed.at(-1)!.share,
    },
    ground === undefined
      ? undefined
      : {
          name: 'idleGround',
          title: 'cells whose ground changed meanwhile',
          value: ground,
          game: 0,
          unit: 'share',
        },
  );
}
