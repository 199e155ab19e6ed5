/** What is seen along walks, and how much of it is as in the recordings. */
import type { Place, Recordings } from '@snowglobe/model';
import { mean } from '../statistics.js';
import type { RecordedActions } from '../walks/starts.js';
import { actionsFrom } from '../walks/starts.js';
import type { Walker } from '../walks/walker.js';
import { distance, frozenAfter, StillRun } from './change.js';
import { laplacianEnergy, meltsAt } from './detail.js';
import { Drift } from './drift.js';
import { frechetDistance, Moments } from './frechet.js';
import type { Kinds } from './kinds.js';
import { Histogram, totalVariation } from './kinds.js';
import type { RandomFeatures } from './random_features.js';
import { clipFrames, featureCount } from './random_features.js';
import type { Reference } from './reference.js';
import { countedFrames, featureStride, kindStride } from './reference.js';
import type { FrameCount, ThingCounter } from './things.js';

/** Frames between checkpoints. */
const checkpoint = 300;

export interface SeenOptions {
  readonly starts: readonly Place[];
  readonly frames: number;
  readonly recorded: RecordedActions;
  /** Of the first walk; the others have the numbers after it. */
  readonly seed: number;
  readonly features: RandomFeatures;
  readonly kinds: Kinds;
  /** Counts what moves; default: nothing is counted. */
  readonly counter?: ThingCounter | undefined;
  /** See `LongOptions`. */
  readonly drawAgain?: ((frames: readonly Uint8Array[]) => Promise<Uint8Array[]>) | undefined;
}

/** By walk, in the order of `starts`; `segments` by 300 frames, `histograms` by checkpoint, of all walks. */
export interface SeenWalks {
  readonly starts: readonly Place[];
  readonly frames: number;
  /** Laplacian energy of each frame. */
  readonly detail: readonly (readonly number[])[];
  readonly still: readonly StillRun[];
  readonly drifts: readonly Drift[];
  readonly things: readonly (readonly FrameCount[])[];
  readonly segments: readonly Moments[];
  readonly histograms: readonly Histogram[];
}

/** Walks in a world, or in the game itself, doing what was done in the recordings. */
export async function seeWalks(
  data: Recordings,
  walker: Walker,
  { starts, frames, recorded, seed, features, kinds, counter, drawAgain }: SeenOptions,
): Promise<SeenWalks> {
  const detail = starts.map((): number[] => []);
  const still = starts.map(() => new StillRun());
  const drifts = starts.map((place) => new Drift(data.frames(place.clip, place.frame, 1)));
  const things = starts.map((): FrameCount[] => []);
  const isFirstGame = starts.map(() => true);
  const segments = Array.from({ length: Math.ceil(frames / checkpoint) }, () => new Moments(featureCount));
  const histograms = checkpointsOf(frames).map(() => new Histogram(kinds.count));

  for (let first = 0; first < starts.length; first += walker.batch) {
    const group = starts.slice(first, first + walker.batch);
    const actions = group.map((place) => actionsFrom(recorded, place, data.clips[place.clip]!.frames));
    const recent: (readonly Uint8Array[])[] = [group.map(({ clip, frame }) => data.frames(clip, frame, 1))];
    await walker.walk(
      {
        starts: group,
        length: frames,
        seeds: group.map((_, b) => seed + first + b),
        actions: (t) => actions.map((actionAt) => actionAt(t)),
      },
      async (t, shown, anew) => {
        for (const [b, frame] of shown.entries()) {
          if (anew?.[b]) isFirstGame[first + b] = false;
          detail[first + b]!.push(laplacianEnergy(frame, data));
          still[first + b]!.see(recent.at(-1)![b]!, frame);
          if (counter) things[first + b]!.push({ ...counter(frame), isAnew: anew?.[b] });
          if (t % kindStride === 0) {
            checkpointsOf(frames).forEach((end, i) => {
              if (t < end && t >= end - countedFrames) histograms[i]!.add(kinds.of(frame));
            });
          }
        }
        recent.push(shown);
        if (recent.length > clipFrames) recent.shift();
        if (t % featureStride === clipFrames - 1) {
          const clips = shown.map((_, b) => recent.map((each) => each[b]!));
          for (const vector of await features.of(clips)) segments[Math.floor(t / checkpoint)]!.add(vector);
        }
        const isAlong = group.map((_, b) => isFirstGame[first + b]!);
        await addDrift(data, group, isAlong, t, shown, drifts.slice(first), drawAgain);
      },
    );
  }
  return { starts, frames, detail, still, drifts, things, segments, histograms };
}

/** A stretch of walks, and how far clips of it are from clips of the recordings. */
export interface Segment {
  readonly from: number;
  readonly to: number;
  readonly distance: number;
  /** Of the game itself, walked in the same way, where it can be. */
  readonly game?: number;
}

/** Walks beside the recordings. */
export interface SeenScores {
  /** By walk: the frame at which it melted; null where it held. */
  readonly melts: readonly (number | null)[];
  readonly detail: readonly { readonly frame: number; readonly ratio: number }[];
  readonly kindsAt: readonly { readonly frame: number; readonly distance: number }[];
  /** Share of walks that stood still for `frozenAfter` frames. */
  readonly frozen: number;
  readonly segments: readonly Segment[];
}

export function scoresOf(seen: SeenWalks, reference: Reference): SeenScores {
  const { starts, frames, still, histograms } = seen;
  const melts = seen.detail.map((energies, b) => {
    const own = Math.max(reference.clipDetail[starts[b]!.clip]!, Number.MIN_VALUE);
    return (
      meltsAt(
        energies.map((energy) => energy / own),
        reference.range,
      ) ?? null
    );
  });
  return {
    melts,
    detail: checkpointsOf(frames).map((frame) => ({
      frame,
      ratio:
        mean(seen.detail.flatMap((energies) => energies.slice(Math.max(0, frame - countedFrames), frame))) /
        Math.max(reference.detail, Number.MIN_VALUE),
    })),
    kindsAt: checkpointsOf(frames).map((frame, i) => ({
      frame,
      distance: totalVariation(histograms[i]!, reference.histogram),
    })),
    frozen: mean(still.map(({ longest }) => (longest >= frozenAfter ? 1 : 0))),
    segments: seen.segments.flatMap((moments, i) =>
      moments.count < 2
        ? []
        : [
            {
              from: i * checkpoint,
              to: Math.min(frames, (i + 1) * checkpoint),
              distance: frechetDistance(moments, reference.moments),
            },
          ],
    ),
  };
}

/** Every 300th frame, and the last one. */
function checkpointsOf(frames: number): number[] {
  const inner = Array.from({ length: Math.floor((frames - 1) / checkpoint) }, (_, i) => (i + 1) * checkpoint);
  return [...inner, frames];
}

/** Compares the frames that recordings have as well, of walks that still go along them. */
async function addDrift(
  data: Recordings,
  group: readonly { readonly clip: number; readonly frame: number }[],
  isAlong: readonly boolean[],
  t: number,
  shown: readonly Uint8Array[],
  drifts: readonly Drift[],
  drawAgain: SeenOptions['drawAgain'],
): Promise<void> {
  const within = [...group.keys()].filter(
    (b) => isAlong[b] && group[b]!.frame + t + 1 < data.clips[group[b]!.clip]!.frames,
  );
  if (within.length === 0) return;
  const truth = within.map((b) => data.frames(group[b]!.clip, group[b]!.frame + t + 1, 1));
  const again = await drawAgain?.(truth);
  within.forEach((b, i) => drifts[b]!.add(shown[b]!, truth[i]!, again ? distance(again[i]!, truth[i]!) : 0));
}
