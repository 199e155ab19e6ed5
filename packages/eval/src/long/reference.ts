/** What the recordings themselves are like, in the measures of long walks; one pass over them. */
import type { Recordings } from '@snowglobe/model';
import { generatorFor } from '@snowglobe/model';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { mean } from '../statistics.js';
import { changedShare, frozenAfter, StillRun } from './change.js';
import type { DetailRange } from './detail.js';
import { detailRange, laplacianEnergy } from './detail.js';
import { frechetDistance, Moments } from './frechet.js';
import type { Kinds } from './kinds.js';
import { Histogram, totalVariation } from './kinds.js';
import type { RandomFeatures } from './random_features.js';
import { clipFrames, featureCount } from './random_features.js';

export interface Reference {
  /** Mean Laplacian energy of the frames of each clip, and of all. */
  readonly clipDetail: readonly number[];
  readonly detail: number;
  readonly range: DetailRange;
  readonly moments: Moments;
  /** Fréchet distance of every second clip from the others: what two samples of the game are apart. */
  readonly frechetHalves: number;
  readonly histogram: Histogram;
  readonly histogramHalves: number;
  /** Distance of as few frames as a checkpoint of walks has: what a sample of that size is apart from the game. */
  readonly histogramWindows: number;
  /** Share of clips that stand still for `frozenAfter` frames. */
  readonly frozen: number;
  /** Pixels that change from one frame to the next while nothing is done; `undefined` where that was not recorded. */
  readonly idleChange: number | undefined;
}

/** Frames between those whose clips are made features of, and whose cells are counted. */
export const featureStride = 8;
export const kindStride = 4;
/** Frames before a checkpoint that are counted. */
export const countedFrames = 48;
const samples = 8;
/** Frames of doing nothing after which a game has come to rest: what falls has fallen. */
const settled = 4;

export async function referenceOf(
  data: Recordings,
  {
    features,
    kinds,
    walks,
    isIdle,
  }: {
    readonly features: RandomFeatures;
    readonly kinds: Kinds;
    /** Walks side by side, so that a sample of the game has the size of theirs. */
    readonly walks: number;
    /** Whether nothing was done from a frame to the next. */
    readonly isIdle: (clip: number, frame: number) => boolean;
  },
): Promise<Reference> {
  const size = data.width * data.height * 3;
  const halves = [0, 1].map(() => ({
    moments: new Moments(featureCount),
    histogram: new Histogram(kinds.count),
  }));
  const moments = new Moments(featureCount);
  const details: number[][] = [];
  const idle: number[] = [];
  let frozen = 0;
  for (const [clip, { frames: count }] of data.clips.entries()) {
    const all = data.frames(clip, 0, count);
    const frames = Array.from({ length: count }, (_, t) => all.subarray(t * size, (t + 1) * size));
    const half = halves[clip % 2]!;
    details.push(frames.map((frame) => laplacianEnergy(frame, data)));
    const still = new StillRun();
    let quiet = 0;
    for (let t = 1; t < count; t++) {
      still.see(frames[t - 1]!, frames[t]!);
      quiet = isIdle(clip, t - 1) ? quiet + 1 : 0;
      if (quiet > settled) idle.push(changedShare(frames[t - 1]!, frames[t]!));
    }
    if (still.longest >= frozenAfter) frozen++;
    for (let t = 0; t < count; t += kindStride) half.histogram.add(kinds.of(frames[t]!));
    const clips: Uint8Array[][] = [];
    for (let t = 0; t + clipFrames <= count; t += featureStride) clips.push(frames.slice(t, t + clipFrames));
    for (const vector of await features.of(clips)) {
      half.moments.add(vector);
      moments.add(vector);
    }
  }
  const histogram = new Histogram(kinds.count);
  for (const half of halves) histogram.merge(half.histogram);
  const [one, two] = halves as [(typeof halves)[0], (typeof halves)[0]];
  const clipDetail = details.map(mean);
  return {
    ...{ clipDetail, moments, histogram, frozen: frozen / data.clips.length },
    detail: mean(details.flat()),
    range: detailRange(details),
    frechetHalves: data.clips.length > 1 ? frechetDistance(one.moments, two.moments) : 0,
    histogramHalves: data.clips.length > 1 ? totalVariation(one.histogram, two.histogram) : 0,
    histogramWindows: mean(
      Array.from({ length: samples }, (_, i) =>
        totalVariation(windowSample(data, kinds, walks, i), histogram),
      ),
    ),
    idleChange: idle.length >= 16 ? mean(idle) : undefined,
  };
}

/** As many windows of the game as there are walks. */
function windowSample(data: Recordings, kinds: Kinds, walks: number, seed: number): Histogram {
  const random = generatorFor(seed, 'windows of the game');
  const histogram = new Histogram(kinds.count);
  const size = data.width * data.height * 3;
  for (let w = 0; w < walks; w++) {
    const clip = uniformInt(random, 0, data.clips.length - 1);
    const count = Math.min(countedFrames, data.clips[clip]!.frames);
    const start = uniformInt(random, 0, data.clips[clip]!.frames - count);
    const frames = data.frames(clip, start, count);
    for (let t = 0; t < count; t += kindStride)
      histogram.add(kinds.of(frames.subarray(t * size, (t + 1) * size)));
  }
  return histogram;
}
