/** Whether a world holds together when it is played for long. See `evaluateLong`. */
import type { Executor } from '@snowglobe/graph';
import type { Figure, Recordings } from '@snowglobe/model';
import { figuresOf } from '../figures.js';
import type { Legend } from '../legend/legend.js';
import type { Rules } from '../rules/rules.js';
import { mean } from '../statistics.js';
import type { RecordedActions } from '../walks/starts.js';
import { actionsFrom, spreadStarts } from '../walks/starts.js';
import type { WalkedAction, Walker } from '../walks/walker.js';
import { distance, frozenAfter, StillRun } from './change.js';
import { keptBounds, laplacianEnergy, meltsAt } from './detail.js';
import type { DriftScores } from './drift.js';
import { Drift, driftScores } from './drift.js';
import { frechetDistance, Moments } from './frechet.js';
import type { IdleTest } from './idle.js';
import { idleFigures, idleTest } from './idle.js';
import { Histogram, legendKinds, patchKinds, totalVariation } from './kinds.js';
import { clipFrames, featureCount, openRandomFeatures } from './random_features.js';
import { countedFrames, featureStride, kindStride, referenceOf } from './reference.js';
import type { FrameCount, ThingCounts } from './things.js';
import { countThings, thingCounter, thingFigures } from './things.js';

export interface LongOptions {
  /** Computes the features of clips. */
  readonly executor: Executor;
  readonly recorded: RecordedActions;
  /** What is done when nothing is done, in the words of the world. */
  readonly idle: WalkedAction;
  /** Whether nothing was done from a recorded frame to the next. */
  readonly isIdle: (clip: number, frame: number) => boolean;
  readonly fps: number;
  readonly seed: number;
  /** Walks; default 16. */
  readonly starts?: number;
  /** Frames of each; default 3,600. */
  readonly frames?: number;
  /** Seconds of the idle test; default 60. */
  readonly idleSeconds?: number;
  /** By whose words cells are counted; default: patches of 8x8 pixels. */
  readonly legend?: Legend | undefined;
  /** Say which things move, and when nothing can be done; see `thingCounter`. */
  readonly rules?: Rules | undefined;
  /** What a frame (H, W, 3) of bytes is when the world's tokenizer reconstructs it; default: as it was. */
  readonly drawAgain?: ((frames: readonly Uint8Array[]) => Promise<Uint8Array[]>) | undefined;
  readonly onRemark?: ((remark: string) => void) | undefined;
}

/** A stretch of walks, and how far clips of it are from clips of the recordings. */
export interface Segment {
  readonly from: number;
  readonly to: number;
  readonly distance: number;
}

/** What long walks show; each figure stands beside that of the recordings. */
export interface LongEvaluation {
  readonly starts: number;
  readonly frames: number;
  /** By walk: the frame at which it melted; null where it held. */
  readonly melts: readonly (number | null)[];
  /** Of worlds whose recordings show change. */
  readonly drift?: DriftScores;
  /** Laplacian energy of the 48 frames before, as a share of the recordings'. */
  readonly detail: readonly { readonly frame: number; readonly ratio: number }[];
  /** Total variation distance of the kinds of cells in the 48 frames before from the recordings'. */
  readonly kinds: {
    readonly by: 'legend' | 'prototypes';
    readonly at: readonly { readonly frame: number; readonly distance: number }[];
    /** Of one half of the clips from the whole game, twice: what `at` would be of so many frames without any fault. */
    readonly halves: number;
    /** Of as few frames of the game as a checkpoint has. */
    readonly windows: number;
  };
  readonly things?: ThingCounts;
  /** Walks that stood still for 30 frames, while they did what the recordings do. */
  readonly frozen: { readonly share: number; readonly game: number };
  readonly frechet: { readonly segments: readonly Segment[]; readonly halves: number };
  readonly idle: IdleTest;
  readonly figures: readonly Figure[];
}

/** Frames between checkpoints. */
const checkpoint = 300;
const driftFrames = [30, 150, 300, 900, 1800, 3600];

/**
 * Walks for long from the beginnings of recordings, doing what was done there, again and again; and once more doing nothing.
 *
 * - *Melting*: the first 30 frames whose Laplacian energy is less than a quarter of what 99 % of recorded windows have at least, or
 *   four times what 99 % have at most, both as shares of the mean of the recording that a walk started from.
 * - *Drift*: see `drift.ts`; as far as recordings reach.
 * - *Detail*: Laplacian energy at every 300th frame over the recordings', to be within 0.85 … 1.15.
 * - *Kinds*: how the shares of cells differ from the game's. *Things*: how many move about, and after 100 frames in the same game.
 * - *Fréchet distance* of random features of clips (`random_features.ts`), a stretch of 300 frames each.
 * - *Idle test*: what changes in a minute in which nothing is done.
 *
 * Games that come to their end begin anew where the walker knows ends: what drifts is compared up to the first one alone.
 */
export async function evaluateLong(
  data: Recordings,
  walker: Walker,
  options: LongOptions,
): Promise<LongEvaluation> {
  const { executor, recorded, seed, starts: wanted = 16, frames = 3600, legend, rules, isIdle } = options;
  const features = await openRandomFeatures(executor, data);
  try {
    const kinds = legend ? legendKinds(legend, data) : patchKinds(data);
    options.onRemark?.('looking at the recordings');
    const reference = await referenceOf(data, { features, kinds, walks: wanted, isIdle });
    const starts = spreadStarts(data, wanted);
    const counter = legend && thingCounter(legend, rules, data);

    const detail = starts.map((): number[] => []);
    const still = starts.map(() => new StillRun());
    const drifts = starts.map((place) => new Drift(data.frames(place.clip, place.frame, 1)));
    const things = starts.map((): FrameCount[] => []);
    const isFirstGame = starts.map(() => true);
    const segments = Array.from({ length: Math.ceil(frames / checkpoint) }, () => new Moments(featureCount));
    const histograms = checkpointsOf(frames).map(() => new Histogram(kinds.count));

    options.onRemark?.(`walking ${frames} frames`);
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
          await addDrift(data, group, isAlong, t, shown, drifts.slice(first), options.drawAgain);
        },
      );
    }
    options.onRemark?.('doing nothing');
    const idle = await idleTest(data, walker, {
      ...{ starts, seed, idle: options.idle, legend, rules },
      frames: Math.max(2, Math.round((options.idleSeconds ?? 60) * options.fps)),
      fps: options.fps,
      game: reference.idleChange,
    });

    const melts = detail.map((energies, b) => {
      const own = Math.max(reference.clipDetail[starts[b]!.clip]!, Number.MIN_VALUE);
      return (
        meltsAt(
          energies.map((energy) => energy / own),
          reference.range,
        ) ?? null
      );
    });
    const drift = driftScores(drifts, driftFrames);
    const kindsAt = checkpointsOf(frames).map((frame, i) => ({
      frame,
      distance: totalVariation(histograms[i]!, reference.histogram),
    }));
    const result = {
      ...{ starts: starts.length, frames, melts },
      ...(drift && { drift }),
      detail: checkpointsOf(frames).map((frame) => ({
        frame,
        ratio:
          mean(detail.flatMap((energies) => energies.slice(Math.max(0, frame - countedFrames), frame))) /
          Math.max(reference.detail, Number.MIN_VALUE),
      })),
      kinds: {
        by: legend ? ('legend' as const) : ('prototypes' as const),
        at: kindsAt,
        halves: reference.histogramHalves,
        windows: reference.histogramWindows,
      },
      ...(counter && { things: countThings(things, data, counter) }),
      frozen: {
        share: mean(still.map(({ longest }) => (longest >= frozenAfter ? 1 : 0))),
        game: reference.frozen,
      },
      frechet: {
        segments: segments.flatMap((moments, i) =>
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
        halves: reference.frechetHalves,
      },
      idle,
    };
    return { ...result, figures: longFigures(result) };
  } finally {
    await features.close();
  }
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
  drawAgain: LongOptions['drawAgain'],
): Promise<void> {
  const within = [...group.keys()].filter(
    (b) => isAlong[b] && group[b]!.frame + t + 1 < data.clips[group[b]!.clip]!.frames,
  );
  if (within.length === 0) return;
  const truth = within.map((b) => data.frames(group[b]!.clip, group[b]!.frame + t + 1, 1));
  const again = await drawAgain?.(truth);
  within.forEach((b, i) => drifts[b]!.add(shown[b]!, truth[i]!, again ? distance(again[i]!, truth[i]!) : 0));
}

function longFigures(evaluation: Omit<LongEvaluation, 'figures'>): Figure[] {
  const { starts, frames, melts, drift, detail, kinds, things, frozen, frechet, idle } = evaluation;
  const held = melts.map((at) => at ?? frames).sort((a, b) => a - b);
  const ratios = detail.map(({ ratio }) => ratio);
  const [low, high] = keptBounds;
  return figuresOf(
    {
      ...{ name: 'meltsAt', title: 'frames until half of the walks have melted', unit: 'frames', of: starts },
      value: held[Math.floor((starts - 1) / 2)]!,
    },
    {
      ...{ name: 'held', title: `walks that hold for ${frames} frames`, unit: 'share', of: starts },
      value: mean(melts.map((at) => (at === null ? 1 : 0))),
    },
    drift && {
      name: 'driftAuc',
      title: 'normalized drift, mean (0: as drawn again, 1: repeating the prompt)',
      value: drift.auc,
      game: 0,
      unit: '',
    },
    drift && {
      ...{
        name: 'driftSurvived',
        title: 'walks closer to the recording than its first frame, to its end',
        unit: 'share',
        of: starts,
        game: 1,
      },
      value: mean(drift.survival.map((at) => (at === null ? 1 : 0))),
    },
    {
      name: 'detailLeast',
      title: 'detail at a checkpoint, least (kept: 0.85 … 1.15)',
      value: Math.min(...ratios),
      game: 1,
      unit: '',
    },
    {
      name: 'detailMost',
      title: 'detail at a checkpoint, most',
      value: Math.max(...ratios),
      game: 1,
      unit: '',
    },
    {
      ...{
        name: 'detailKept',
        title: 'checkpoints with detail within bounds',
        unit: 'share',
        game: 1,
        of: ratios.length,
      },
      value: mean(ratios.map((ratio) => (ratio >= low && ratio <= high ? 1 : 0))),
    },
    {
      ...{
        name: 'kindsDistance',
        title: 'shares of kinds of cells, distance from the game at the last checkpoint',
        unit: '',
      },
      ...{ value: kinds.at.at(-1)!.distance, game: kinds.windows },
    },
    ...(things ? thingFigures(things) : []),
    {
      name: 'frozen',
      title: 'walks that stand still for 30 frames',
      value: frozen.share,
      game: frozen.game,
      unit: 'share',
      of: starts,
    },
    frechet.segments.length > 0
      ? {
          ...{
            name: 'frechetWorst',
            title: 'random-feature Fréchet distance, worst stretch of 300 frames',
            unit: '',
          },
          ...{ value: Math.max(...frechet.segments.map(({ distance: d }) => d)), game: frechet.halves },
        }
      : undefined,
    ...idleFigures(idle),
  );
}
