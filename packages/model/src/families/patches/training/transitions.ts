import type { JumpableRandomGenerator } from 'pure-rand/types/JumpableRandomGenerator';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { Label } from '../../../recordings.js';
import { mapTables } from '../../../memory/map/geometry.js';
import { MapMemory } from '../../../memory/map/map_memory.js';
import type { PatchesConfig } from '../config/config.js';
import { cellCount, mapGeometry } from '../config/config.js';
import type { CodedRecordings, MotionLabels } from '../survey/label_motions.js';

/** Shapes: N transitions from one recorded frame to the next, P cells. */

/** What the dynamics learns from. */
export interface Transitions {
  readonly count: number;
  /** (N, P), from 1: see `MapHint`. */
  readonly hint: Int16Array;
  readonly freshness: Uint8Array;
  readonly ages: Uint8Array;
  /** (N, P), from 0. */
  readonly last: Int16Array;
  readonly next: Int16Array;
  readonly actions: readonly Label[];
  readonly labels: MotionLabels;
}

/** Walks through all clips with a map. */
export function mapTransitions(
  { clips }: CodedRecordings,
  labels: MotionLabels,
  actions: readonly (readonly Label[])[],
  config: PatchesConfig,
): Transitions {
  const cells = cellCount(config);
  const count = labels.motions.length;
  const of = <T>(kind: new (length: number) => T): T => new kind(count * cells);
  const [hint, last, next] = [of(Int16Array), of(Int16Array), of(Int16Array)];
  const [fresh, ages] = [of(Uint8Array), of(Uint8Array)];
  const geometry = mapGeometry(config);
  const tables = mapTables(geometry);
  let at = 0;
  for (const clip of clips) {
    const map = new MapMemory(geometry, tables);
    for (let t = 0; t + 1 < clip.length / cells; t++) {
      const seen = clip.subarray(t * cells, (t + 1) * cells);
      map.see(seen);
      const known = map.move(labels.motions[at]!);
      hint.set(known.codes, at * cells);
      fresh.set(known.freshness, at * cells);
      ages.set(known.ages, at * cells);
      last.set(seen, at * cells);
      next.set(clip.subarray((t + 1) * cells, (t + 2) * cells), at * cells);
      at++;
    }
  }
  return { count, hint, freshness: fresh, ages, last, next, actions: actions.flat(), labels };
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

/** A cell's code in some recorded frame, from 0: what a wrong patch looks like. */
export function someCode({ last }: Pick<Transitions, 'last'>, random: JumpableRandomGenerator): number {
  return last[uniformInt(random, 0, last.length - 1)]!;
}
