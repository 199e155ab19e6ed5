/** Whether a world holds together when it is played for long. See `evaluateLong`. */
import type { Executor } from '@snowglobe/graph';
import type { Figure, Recordings } from '@snowglobe/model';
import { figuresOf } from '../figures.js';
import type { Legend } from '../legend/legend.js';
import type { Rules } from '../rules/rules.js';
import { mean } from '../statistics.js';
import type { RecordedActions } from '../walks/starts.js';
import { spreadStarts } from '../walks/starts.js';
import type { WalkedAction, Walker } from '../walks/walker.js';
import { keptBounds } from './detail.js';
import type { DriftScores } from './drift.js';
import { driftScores } from './drift.js';
import type { IdleTest } from './idle.js';
import { idleFigures, idleTest } from './idle.js';
import { legendKinds, patchKinds } from './kinds.js';
import { openRandomFeatures } from './random_features.js';
import { referenceOf } from './reference.js';
import type { Segment } from './seen_walks.js';
import { scoresOf, seeWalks } from './seen_walks.js';
import type { ThingCounts } from './things.js';
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
  /** The game itself, walked in the same way: what a world that makes no mistake would measure. Default: the recordings stand for it. */
  readonly game?: { readonly walker: Walker; readonly recorded: RecordedActions } | undefined;
  readonly onRemark?: ((remark: string) => void) | undefined;
}

/** What long walks show; each figure stands beside that of the recordings. */
export interface LongEvaluation {
  readonly starts: number;
  readonly frames: number;
  /** By walk: the frame at which it melted; null where it held. */
  readonly melts: readonly (number | null)[];
  /** Of worlds whose recordings show change. */
  readonly drift?: DriftScores;
  /** Laplacian energy of the 48 frames before, as a share of the recordings'; `game`: of the game itself, walked in the same way. */
  readonly detail: readonly { readonly frame: number; readonly ratio: number; readonly game?: number }[];
  /** Total variation distance of the kinds of cells in the 48 frames before from the recordings'. */
  readonly kinds: {
    readonly by: 'legend' | 'prototypes';
    readonly at: readonly { readonly frame: number; readonly distance: number; readonly game?: number }[];
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

/** Frames at which drift is told. */
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
 * `game` is what the game itself measures, walked in the same way, where it can be (simulated worlds); elsewhere what the recordings do.
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
    const how = { starts, frames, seed, features, kinds };
    options.onRemark?.(`walking ${frames} frames`);
    const seen = await seeWalks(data, walker, { ...how, recorded, counter, drawAgain: options.drawAgain });
    if (options.game) options.onRemark?.('walking in the game itself');
    const played =
      options.game &&
      (await seeWalks(data, options.game.walker, { ...how, recorded: options.game.recorded }));
    options.onRemark?.('doing nothing');
    const idle = await idleTest(data, walker, {
      ...{ starts, seed, idle: options.idle, legend, rules },
      frames: Math.max(2, Math.round((options.idleSeconds ?? 60) * options.fps)),
      fps: options.fps,
      game: reference.idleChange,
    });

    const drift = driftScores(seen.drifts, driftFrames);
    const { melts, detail, kindsAt, frozen, segments } = scoresOf(seen, reference);
    const game = played && scoresOf(played, reference);
    const result = {
      ...{ starts: starts.length, frames, melts },
      ...(drift && { drift }),
      detail: detail.map((each, i) => ({ ...each, ...(game && { game: game.detail[i]!.ratio }) })),
      kinds: {
        by: legend ? ('legend' as const) : ('prototypes' as const),
        at: kindsAt.map((each, i) => ({ ...each, ...(game && { game: game.kindsAt[i]!.distance }) })),
        halves: reference.histogramHalves,
        windows: reference.histogramWindows,
      },
      ...(counter && { things: countThings(seen.things, data, counter) }),
      frozen: { share: frozen, game: game?.frozen ?? reference.frozen },
      frechet: {
        segments: segments.map((each, i) => ({ ...each, ...(game && { game: game.segments[i]!.distance }) })),
        halves: reference.frechetHalves,
      },
      idle,
    };
    return { ...result, figures: longFigures(result) };
  } finally {
    await features.close();
  }
}

function longFigures(evaluation: Omit<LongEvaluation, 'figures'>): Figure[] {
  const { starts, frames, melts, drift, detail, kinds, things, frozen, frechet, idle } = evaluation;
  const held = melts.map((at) => at ?? frames).sort((a, b) => a - b);
  const ratios = detail.map(({ ratio }) => ratio);
  const gameRatios = detail.map(({ game }) => game ?? 1);
  const kept = (some: readonly number[]): number =>
    mean(some.map((ratio) => (ratio >= keptBounds[0] && ratio <= keptBounds[1] ? 1 : 0)));
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
      game: Math.min(...gameRatios),
      unit: '',
    },
    {
      name: 'detailMost',
      title: 'detail at a checkpoint, most',
      value: Math.max(...ratios),
      game: Math.max(...gameRatios),
      unit: '',
    },
    {
      ...{
        name: 'detailKept',
        title: 'checkpoints with detail within bounds',
        unit: 'share',
        game: kept(gameRatios),
        of: ratios.length,
      },
      value: kept(ratios),
    },
    {
      ...{
        name: 'kindsDistance',
        title: 'shares of kinds of cells, distance from the game at the last checkpoint',
        unit: '',
      },
      ...{ value: kinds.at.at(-1)!.distance, game: kinds.at.at(-1)!.game ?? kinds.windows },
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
          value: Math.max(...frechet.segments.map(({ distance }) => distance)),
          game: Math.max(...frechet.segments.map(({ game }) => game ?? frechet.halves)),
        }
      : undefined,
    ...idleFigures(idle),
  );
}
