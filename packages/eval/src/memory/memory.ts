/** Whether a world remembers. See `evaluateMemory`. */
import type { Figure, Recordings } from '@snowglobe/model';
import { figuresOf } from '../figures.js';
import type { Legend } from '../legend/legend.js';
import type { Rules } from '../rules/rules.js';
import { mean } from '../statistics.js';
import type { WalkedAction, Walker } from '../walks/walker.js';
import { gated, likeness } from './likeness.js';
import type { Return } from './returns.js';
import { findReturns } from './returns.js';
import type { Revisits } from './revisits.js';
import { measureRevisits } from './revisits.js';

export interface MemoryOptions {
  readonly seed: number;
  /** What the world is asked for where the recorded player did something. */
  readonly actionAt: (clip: number, frame: number) => WalkedAction;
  /** Walks of each length; default 16. */
  readonly starts?: number;
  /** Frames after which walks return; default 50 and 300. */
  readonly spans?: readonly number[];
  /** Let walks be walked back cell by cell, and told apart what cannot have changed. */
  readonly legend?: Legend | undefined;
  readonly rules?: Rules | undefined;
  /** The same world with something switched off, by what is off. */
  readonly controls?: Readonly<Record<string, Walker>> | undefined;
  readonly onRemark?: ((remark: string) => void) | undefined;
}

/** Scores of 0 … 1. */
export interface ReturnScores {
  readonly walks: number;
  /** The place of the prompt as the recording shows it again. */
  readonly recall: number;
  /** A dreamed place as the world itself showed it before. */
  readonly consistency: number;
}

/** Scores of walks that come back after as many frames. */
export interface SpanScores {
  readonly frames: number;
  readonly world: ReturnScores;
  /** The recordings themselves, scored alike: what moved meanwhile. */
  readonly game: ReturnScores;
  readonly controls?: Readonly<Record<string, ReturnScores>>;
  /** By legend and rules. */
  readonly revisits?: Revisits;
}

/** How well a world remembers places that it comes back to. */
export interface MemoryEvaluation {
  readonly spans: readonly SpanScores[];
  readonly figures: readonly Figure[];
}

/** Frames before the first visit, so that it is dreamed as well. */
const lead = 16;
/** Frames between those that are compared on the way. */
const stride = 4;
/** Walks of each length at least; where recordings have fewer, each is walked several times, with other dice. */
const leastWalks = 32;

/**
 * Walks that leave a place and come back to it, as recordings do (`returns.ts`).
 *
 * - *Recall*: from the place as prompt, SSIM of the dreamed return and the recorded one.
 * - *Self-consistency*: from 16 frames before, SSIM of the dreamed return and the dreamed first visit.
 *
 * Both are gated by how far the dream went away from its first frame (`gated`), so that a frozen frame scores 0. Spans to which no
 * recording returns are left out. With legend and rules, also *revisits* (`revisits.ts`): walks that the world walks
 * back cell by cell.
 */
export async function evaluateMemory(
  data: Recordings,
  walker: Walker,
  options: MemoryOptions,
): Promise<MemoryEvaluation> {
  const { seed, actionAt, starts = 16, spans = [50, 300], legend, rules, controls = {}, onRemark } = options;
  const scores: SpanScores[] = [];
  for (const span of spans) {
    const found = findReturns(data, span, starts);
    const returns = timesOver(found, Math.ceil(leastWalks / Math.max(1, found.length)));
    const revisits =
      legend && rules
        ? await measureRevisits(data, walker, { seed, span, starts, legend, rules })
        : undefined;
    if (returns.length === 0) {
      onRemark?.(`no recording returns after ${span} frames: recall is left out`);
      const none = { walks: 0, recall: 0, consistency: 0 };
      if (revisits) scores.push({ frames: span, world: none, game: none, revisits });
      continue;
    }
    onRemark?.(
      `${found.length} walks that return after about ${span} frames, each walked ${returns.length / found.length} times`,
    );
    const scored = (walked: Walker | undefined): Promise<ReturnScores> =>
      scoreReturns(data, walked, returns, seed, actionAt);
    const controlled: Record<string, ReturnScores> = {};
    for (const [off, control] of Object.entries(controls)) controlled[off] = await scored(control);
    scores.push({
      frames: span,
      world: await scored(walker),
      game: await scored(undefined),
      ...(Object.keys(controlled).length > 0 && { controls: controlled }),
      ...(revisits && { revisits }),
    });
  }
  return { spans: scores, figures: scores.flatMap(spanFigures) };
}

const timesOver = <T>(all: readonly T[], times: number): T[] =>
  Array.from({ length: times }, () => all).flat();

/** @param walker default: the recordings themselves */
async function scoreReturns(
  data: Recordings,
  walker: Walker | undefined,
  returns: readonly Return[],
  seed: number,
  actionAt: MemoryOptions['actionAt'],
): Promise<ReturnScores> {
  const recalls = await scoresFrom(data, walker, returns, 0, seed, actionAt);
  const consistent = await scoresFrom(data, walker, returns, lead, seed, actionAt);
  const meanOf = (values: readonly number[]): number => (values.length === 0 ? 0 : mean(values));
  return {
    walks: recalls.length,
    // Of the recordings: how alike the place is when they come back to it.
    recall: meanOf(recalls.map(({ recall, consistency }) => (walker ? recall : consistency))),
    consistency: meanOf(consistent.map(({ consistency }) => consistency)),
  };
}

/** Walks from some frames before each first visit to the return; those in which a game came to its end are left out. */
async function scoresFrom(
  data: Recordings,
  walker: Walker | undefined,
  returns: readonly Return[],
  before: number,
  seed: number,
  actionAt: MemoryOptions['actionAt'],
): Promise<{ recall: number; consistency: number }[]> {
  const batch = walker?.batch ?? returns.length;
  const scores: { recall: number; consistency: number }[] = [];
  for (let first = 0; first < returns.length; first += batch) {
    const group = returns.slice(first, first + batch);
    const starts = group.map(({ clip, first: visit }) => ({ clip, frame: Math.max(0, visit - before) }));
    const seen = group.map(({ first: visit }, b) => ({
      visit: visit === starts[b]!.frame ? data.frames(starts[b]!.clip, visit, 1) : undefined,
      least: 1,
    }));
    const isOver = group.map(() => false);
    const see = (b: number, frame: number, shown: Uint8Array): void => {
      const { clip, first: visit, last } = group[b]!;
      const own = seen[b]!;
      if (isOver[b]) return;
      if (frame === visit) own.visit = shown;
      if (frame > last || own.visit === undefined || frame <= visit) return;
      if (frame < last) {
        if ((frame - visit) % stride === 0) own.least = Math.min(own.least, likeness(own.visit, shown, data));
        return;
      }
      scores[first + b] = {
        recall: gated(likeness(data.frames(clip, last, 1), shown, data), own.least),
        consistency: gated(likeness(own.visit, shown, data), own.least),
      };
    };
    if (walker) {
      const length = Math.max(...group.map(({ last }, b) => last - starts[b]!.frame));
      const actions = (t: number): WalkedAction[] =>
        starts.map(({ clip, frame }) => actionAt(clip, Math.min(frame + t, data.clips[clip]!.frames - 2)));
      const walk = { starts, length, seeds: group.map((_, b) => seed + first + b), actions };
      await walker.walk(walk, (t, shown, anew) =>
        shown.forEach((frame, b) => {
          if (anew?.[b]) isOver[b] = true;
          see(b, starts[b]!.frame + t + 1, frame);
        }),
      );
    } else {
      group.forEach(({ clip, last }, b) => {
        for (let t = starts[b]!.frame + 1; t <= last; t++) see(b, t, data.frames(clip, t, 1));
      });
    }
  }
  // Those that are left out are holes.
  return scores.filter((score) => score !== undefined);
}

function spanFigures({ frames, world, game, controls = {}, revisits }: SpanScores): Figure[] {
  const score = ({ recall, consistency }: ReturnScores): number => (recall + consistency) / 2;
  const returned: Figure[] =
    world.walks === 0
      ? []
      : [
          {
            ...{
              name: `memory${frames}`,
              title: `memory after ${frames} frames: mean of the two below`,
              unit: '',
            },
            ...{ value: score(world), game: score(game), of: world.walks },
          },
          {
            ...{
              name: `recall${frames}`,
              title: `recall: the place of the prompt, ${frames} frames later`,
              unit: '',
            },
            ...{ value: world.recall, game: game.recall, of: world.walks },
          },
          {
            ...{
              name: `consistency${frames}`,
              title: `self-consistency: a dreamed place, ${frames} frames later`,
              unit: '',
            },
            ...{ value: world.consistency, game: game.consistency, of: world.walks },
          },
          ...Object.entries(controls).map(([off, scores]): Figure => ({
            ...{
              name: `memory${frames}-without-${off}`,
              title: `memory after ${frames} frames without ${off}`,
              unit: '',
            },
            ...{ value: score(scores), of: scores.walks },
          })),
        ];
  return figuresOf(
    ...returned,
    revisits && {
      ...{
        name: `revisited${frames}`,
        title: `cells as they were when a walk of ${frames} frames comes back`,
        unit: 'share',
      },
      ...{ value: revisits.same, game: 1, of: revisits.cells },
    },
    revisits && {
      name: `returned${frames}`,
      title: 'such walks that came back',
      value: revisits.returned,
      unit: 'share',
      of: revisits.walks,
    },
  );
}
