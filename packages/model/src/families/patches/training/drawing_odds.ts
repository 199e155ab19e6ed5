import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import type { JumpableRandomGenerator } from 'pure-rand/types/JumpableRandomGenerator';
import { freshness } from '../../../memory/cells.js';
import type { PatchesConfig } from '../config/config.js';
import { frameCells } from '../config/config.js';
import { standingCells } from '../latent/event_reader.js';
import { middleCells } from '../motion/motion_head.js';
import type { Transitions } from './transitions.js';

/** How often transitions are drawn in training, and how much each counts then. N transitions. */
export interface DrawingOdds {
  /** (N) cumulative chances. */
  readonly cumulative: Float64Array;
  /** (N), on average 1 over what is drawn: weights of the loss. */
  readonly weights: Float32Array;
}

/** Most that a transition is drawn more often for what happens in it, and for what is done in it. */
const [mostForOutcome, mostForSituation] = [8, 8];
/** Share of the transitions that are drawn in which something is told, where anything ever is: each event as often as any other. */
const toldShare = 0.12;
/** How much more often transitions are asked for to a pose never seen before, seen earlier, and just left, by `freshness`. */
const poseOdds = [6, 3, 1] as const;
/** A situation that comes up so often is usual. */
const usualSituation = 1500;

/**
 * Transitions in which much happens that the memory does not tell are drawn more often, rare changes most of all, and count less in turn: the
 * loss stays that of the recordings (importance sampling), so that what may happen is not taken for what does. Rare situations, an
 * action before patches that it was seldom done before, are drawn more often as well and count fully: that changes what is asked, not
 * what the answers are. So are those to poses that were not seen before, and those in which something is told.
 */
export function drawingOdds(transitions: Transitions, config: PatchesConfig): DrawingOdds {
  const { count } = transitions;
  const outcomes = outcomeOdds(transitions, config.codebook);
  const situations = situationOdds(transitions, config);
  const odds = new Float64Array(count);
  const weights = new Float32Array(count);
  const { told } = transitions;
  let [sum, counted] = [0, 0];
  for (let n = 0; n < count; n++) {
    if (told?.has(n)) continue;
    const asked = situations[n]! * newness(transitions, n);
    sum += odds[n] = outcomes[n]! * asked;
    counted += asked;
  }
  for (let n = 0; n < count; n++) weights[n] = sum / counted / outcomes[n]!;
  if (told && told.size > 0) {
    const counts = new Map<number, number>();
    for (const { event } of told.values()) counts.set(event, (counts.get(event) ?? 0) + 1);
    const each = ((sum || 1) * toldShare) / (1 - toldShare) / counts.size;
    for (const [n, { event }] of told) {
      odds[n] = each / counts.get(event)!;
      weights[n] = 1;
    }
  }
  return { cumulative: cumulated(odds), weights };
}

function cumulated(odds: Float64Array): Float64Array {
  let sum = 0;
  return odds.map((each) => (sum += each));
}

/** By whether the pose of a frame was seen before; of a map 1. */
function newness({ count, freshness: kinds, recalled }: Transitions, n: number): number {
  if (!recalled) return 1;
  const cells = kinds.length / count;
  // Cells that stand still are those of the last frame whatever the pose.
  return poseOdds[Math.min(...kinds.subarray(n * cells, (n + 1) * cells))]!;
}

/** By how much changes that the memory does not tell, and how rare they are; from 1 on. */
function outcomeOdds(
  { count, hint, freshness: fresh, next, recalled }: Transitions,
  codebook: number,
): Float32Array {
  // What a map saw earlier may have changed since, more than can be foreseen; a pose shows what it showed.
  const least = recalled ? freshness.earlier : freshness.last;
  const cells = hint.length / count;
  const pairs = new Map<number, number>();
  const changes = (transition: number, visit: (pair: number) => void): void => {
    for (let i = transition * cells; i < (transition + 1) * cells; i++) {
      if (fresh[i]! >= least && hint[i] !== next[i]! + 1) visit(hint[i]! * codebook + next[i]!);
    }
  };
  for (let n = 0; n < count; n++) changes(n, (pair) => pairs.set(pair, (pairs.get(pair) ?? 0) + 1));
  const sorted = [...pairs.values()].sort((a, b) => a - b);
  const usual = sorted[Math.floor(sorted.length * 0.9)] ?? 1;
  return Float32Array.from({ length: count }, (_, n) => {
    let much = 0;
    changes(n, (pair) => (much += Math.min(4, Math.max(0.5, Math.sqrt(usual / pairs.get(pair)!)))));
    return Math.min(mostForOutcome, 1 + much);
  });
}

/** By how seldom an action is done where the cells around the middle, and those that stand still, show what they show; from 1 on. */
function situationOdds({ count, hint, actions }: Transitions, config: PatchesConfig): Float32Array {
  const cells = hint.length / count;
  const { view } = config;
  const scrolls = view.rows > 0 && view.columns > 0;
  const { columns } = frameCells(config);
  const standing = scrolls ? standingCells({ columns, view, cells }) : [];
  const looked = [...new Set([...middleCells(config), ...standing])];
  const codes = config.codebook + 1;
  const counts = new Uint32Array(config.actions * looked.length * codes);
  const at = (n: number, i: number): number =>
    (actions[n]! * looked.length + i) * codes + hint[n * cells + looked[i]!]!;
  const isKnown = (n: number): boolean => actions[n] !== undefined;
  for (let n = 0; n < count; n++) if (isKnown(n)) looked.forEach((_, i) => counts[at(n, i)]!++);
  return Float32Array.from({ length: count }, (_, n) => {
    if (!isKnown(n)) return 1;
    const rarest = Math.min(...looked.map((_, i) => counts[at(n, i)]!));
    return Math.min(mostForSituation, Math.max(1, Math.sqrt(usualSituation / rarest)));
  });
}

/** A transition by its chance. */
export function drawTransition(cumulative: Float64Array, random: JumpableRandomGenerator): number {
  const wanted = uniformFloat64(random) * cumulative.at(-1)!;
  let [low, high] = [0, cumulative.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (cumulative[middle]! > wanted) high = middle;
    else low = middle + 1;
  }
  return low;
}
