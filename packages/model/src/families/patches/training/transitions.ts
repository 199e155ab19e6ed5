import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { JumpableRandomGenerator } from 'pure-rand/types/JumpableRandomGenerator';
import { mapTables } from '../../../memory/map/geometry.js';
import { MapMemory } from '../../../memory/map/map_memory.js';
import type { Label } from '../../../recordings.js';
import type { MapConfig, PatchesConfig } from '../config/config.js';
import { cellCount, mapGeometry } from '../config/config.js';
import type { CodedRecordings, MotionLabels } from '../survey/label_motions.js';

/** Shapes: N transitions from one recorded frame to the next, P cells. */

/** What a memory by pose tells of transitions beside a hint. R recalled frames, W ways, M motions. */
export interface RecalledFrames {
  /** (N, R): transitions whose last frame it is, or −1. */
  readonly frames: Int32Array;
  /** (N, R + 1), see `PoseHint`. */
  readonly views: Uint16Array;
  /** (N, W): transitions whose last frame it is, or −1. */
  readonly ways: Int32Array;
  /** (N, M), see `Surroundings`. */
  readonly stood: Uint8Array;
}

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
  /** Of a memory by pose. */
  readonly recalled?: RecalledFrames;
  /** What was told, by the transition that it came about in; of worlds that can be told events. */
  readonly told?: ReadonlyMap<number, ToldEvent>;
}

/** An event that a game was told. */
export interface ToldEvent {
  /** Index into the events of the config. */
  readonly event: number;
  /** See `toldIds`. */
  readonly ids: Int32Array;
}

/** Transitions of which nothing is known yet but how the view moved and what was done. */
export function emptyTransitions(
  labels: MotionLabels,
  actions: readonly (readonly Label[])[],
  config: PatchesConfig,
): Transitions {
  const count = labels.motions.length;
  const length = count * cellCount(config);
  return {
    ...{ count, hint: new Int16Array(length), last: new Int16Array(length), next: new Int16Array(length) },
    ...{ freshness: new Uint8Array(length), ages: new Uint8Array(length) },
    ...{ actions: actions.flat(), labels },
  };
}

/** Walks through all clips with a map. */
export function mapTransitions(
  { clips }: CodedRecordings,
  labels: MotionLabels,
  actions: readonly (readonly Label[])[],
  config: MapConfig,
): Transitions {
  const cells = cellCount(config);
  const all = emptyTransitions(labels, actions, config);
  const geometry = mapGeometry(config);
  const tables = mapTables(geometry);
  let at = 0;
  for (const clip of clips) {
    const map = new MapMemory(geometry, tables);
    for (let t = 0; t + 1 < clip.length / cells; t++, at++) {
      const seen = clip.subarray(t * cells, (t + 1) * cells);
      map.see(seen);
      const known = map.move(labels.motions[at]!);
      all.hint.set(known.codes, at * cells);
      all.freshness.set(known.freshness, at * cells);
      all.ages.set(known.ages, at * cells);
      all.last.set(seen, at * cells);
      all.next.set(clip.subarray((t + 1) * cells, (t + 2) * cells), at * cells);
    }
  }
  return all;
}

/** A cell's code in some recorded frame, from 0: what a wrong patch looks like. */
export function someCode({ last }: Pick<Transitions, 'last'>, random: JumpableRandomGenerator): number {
  return last[uniformInt(random, 0, last.length - 1)]!;
}
