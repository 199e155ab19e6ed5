import { cellsOf } from '../../../memory/cells.js';
import { explainedShares } from './best_motion.js';
import { findControlledCell } from './controlled_cell.js';
import type { LabelledTransitions } from './labelled.js';
import { findLookPairs } from './look_pairs.js';

/** Shapes: N transitions from one recorded frame to the next, V cells of the view. */

/** Ways to have walked that are kept, and nats below the best at which one is given up. */
const [mostWalks, mostBehind] = [8, 30];
/** Share of the places that show what they showed before when they are seen again. */
const staying = 0.97;
/** Share of the view's cells by which a motion may explain less than the best one, to come into question. */
const inQuestion = 0.15;
/** A motion is not held impossible, however sure whoever judges by the frame before is. */
const leastNats = -16;
/** What a cell tells, beside what it would tell if its neighbours did not change together with it. */
const weight = 0.3;
/** Frames between those whose patches are counted. */
const countedEvery = 8;
/** Places each way that are remembered; those farther apart share them, and the newest counts. */
const side = 128;

/** The view of a frame, each patch in the look that stands for both. */
interface View {
  /** (V) */
  readonly codes: Int16Array;
  /** (V): log-probability of each cell where it was never seen. */
  readonly newNats: Float64Array;
}

/** One way in which a clip may have been walked. */
interface Walk {
  readonly nats: number;
  readonly row: number;
  readonly column: number;
  /** (side, side): code from 1 that each place showed last; 0 where it was not seen. */
  readonly places: Int16Array;
  readonly steps: Steps | undefined;
}

/** The motions of a walk, last first. */
interface Steps {
  readonly motion: number;
  readonly before: Steps | undefined;
}

/**
 * Settles motions that two frames leave in doubt by all frames of the clip: who takes a wrong one finds other things where the walk comes back
 * to. The likeliest walks are kept side by side (beam search). A place shows again what it showed with a chance of `staying`, else any patch as often
 * as it is seen at all; a new place shows what is beside it, as often as cells do.
 *
 * @param natsOf log-probabilities of the motions of a transition that is in doubt
 * @returns (N) indices of motions
 */
export function settleByPlaces(
  recorded: LabelledTransitions,
  natsOf: (transition: number, before: Int16Array, after: Int16Array) => ArrayLike<number>,
): Uint8Array {
  const { cells, columns, labels, motions, view } = recorded;
  const settled = Uint8Array.from(labels.motions);
  if (cellsOf(view) === 0 || labels.isClear.every(Boolean)) return settled;
  const { viewOf, otherNats } = viewsOf(recorded);
  const sameNats = Math.log(staying);
  // What stays where it is while the view moves hides its place.
  const hides = findControlledCell(recorded);
  const hidden = hides === undefined ? -1 : cellOfView(hides, columns, view);

  /** A walk with what is seen at its end. */
  const see = (walk: Walk, { codes, newNats }: View): Walk => {
    const places = walk.places.slice();
    let { nats } = walk;
    codes.forEach((code, cell) => {
      if (cell === hidden) return;
      const row = walk.row + Math.floor(cell / view.columns);
      const column = walk.column + (cell % view.columns);
      const place = (row & (side - 1)) * side + (column & (side - 1));
      const before = places[place]! - 1;
      nats += weight * (before < 0 ? newNats[cell]! : before === code ? sameNats : otherNats[code]!);
      places[place] = code + 1;
    });
    return { ...walk, nats, places };
  };
  /** Motions that explain about as much as the best one. */
  const inDoubt = (before: View, after: View): number[] => {
    const whole = { ...view, top: 0, left: 0 };
    const shares = explainedShares(before.codes, after.codes, view, whole, motions);
    const least = Math.max(...shares) - inQuestion;
    return [...shares.keys()].filter((motion) => shares[motion]! >= least);
  };

  let at = 0;
  for (const clip of recorded.clips) {
    const last = clip.length / cells - 1;
    const frameAt = (t: number): Int16Array => clip.subarray(t * cells, (t + 1) * cells);
    let before = viewOf(frameAt(0));
    const start = { nats: 0, row: 0, column: 0, places: new Int16Array(side * side), steps: undefined };
    let walks: Walk[] = [see(start, before)];
    for (let t = 0; t < last; t++) {
      const after = viewOf(frameAt(t + 1));
      const isClear = labels.isClear[at + t];
      const nats = isClear ? undefined : natsOf(at + t, frameAt(t), frameAt(t + 1));
      const candidates = isClear ? [labels.motions[at + t]!] : inDoubt(before, after);
      const longer = walks.flatMap((walk) =>
        candidates.map((motion) => {
          const [down, right] = motions[motion]!;
          const moved = { row: walk.row + down, column: walk.column + right };
          const known = { nats: walk.nats + Math.max(leastNats, nats?.[motion] ?? 0), places: walk.places };
          return see({ ...known, ...moved, steps: { motion, before: walk.steps } }, after);
        }),
      );
      walks = likeliest(longer);
      before = after;
    }
    let steps = walks[0]!.steps;
    for (let t = last - 1; steps; t--, steps = steps.before) settled[at + t] = steps.motion;
    at += last;
  }
  return settled;
}

const cellOfView = (cell: number, columns: number, view: LabelledTransitions['view']): number =>
  (Math.floor(cell / columns) - view.top) * view.columns + (cell % columns) - view.left;

/** The likeliest walks, best first, one for each place where they may have come to. */
function likeliest(walks: Walk[]): Walk[] {
  if (walks.length === 1) return walks;
  walks.sort((a, b) => b.nats - a.nats);
  const taken = new Set<number>();
  const kept = walks.filter(({ nats, row, column }) => {
    const place = row * 2 ** 20 + column;
    if (taken.has(place) || nats < walks[0]!.nats - mostBehind) return false;
    taken.add(place);
    return true;
  });
  return kept.slice(0, mostWalks);
}

/** How views are read, and how likely their patches are. */
function viewsOf(recorded: LabelledTransitions) {
  const { clips, cells, columns, view } = recorded;
  const { top, left, rows, columns: width } = view;
  const pairs = findLookPairs(recorded);
  const codesOf = (frame: Int16Array): Int16Array =>
    Int16Array.from({ length: rows * width }, (_, cell) => {
      const row = top + Math.floor(cell / width);
      return pairs[frame[row * columns + left + (cell % width)]!]!;
    });
  const isLikeOneBeside = (codes: Int16Array, cell: number): boolean => {
    const [column, code] = [cell % width, codes[cell]!];
    return (
      codes[cell - width] === code ||
      codes[cell + width] === code ||
      (column > 0 && codes[cell - 1] === code) ||
      (column < width - 1 && codes[cell + 1] === code)
    );
  };
  const counts = new Float64Array(pairs.length).fill(1);
  let [all, like] = [2, 1];
  for (const clip of clips) {
    for (let from = 0; from < clip.length; from += cells * countedEvery) {
      const codes = codesOf(clip.subarray(from, from + cells));
      codes.forEach((code, cell) => {
        counts[code]!++;
        all++;
        if (isLikeOneBeside(codes, cell)) like++;
      });
    }
  }
  const share = like / all;
  const likeNats = Math.log(share);
  const rareNats = counts.map((count) => Math.log(((1 - share) * count) / all));
  const viewOf = (frame: Int16Array): View => {
    const codes = codesOf(frame);
    const newNats = Float64Array.from(codes, (code, cell) =>
      isLikeOneBeside(codes, cell) ? likeNats : rareNats[code]!,
    );
    return { codes, newNats };
  };
  return { viewOf, otherNats: counts.map((count) => Math.log(((1 - staying) * count) / all)) };
}
