import type { JumpableRandomGenerator } from 'pure-rand/types/JumpableRandomGenerator';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { Label } from '../../../recordings.js';
import { mapTables } from '../../../memory/map/geometry.js';
import { freshness } from '../../../memory/cells.js';
import { motionCount, poseTables } from '../../../memory/pose/geometry.js';
import { PoseMemory } from '../../../memory/pose/pose_memory.js';
import { cellsInView } from '../../../memory/pose/pose_step.js';
import type { Recordings } from '../../../recordings.js';
import { SnowglobeError } from '@snowglobe/graph';
import { poseAfter, recordedPoses } from '../survey/find_poses.js';
import { MapMemory } from '../../../memory/map/map_memory.js';
import type { MapConfig, PoseConfig } from '../config/config.js';
import { cellCount, mapGeometry, poseGeometry } from '../config/config.js';
import type { CodedRecordings, MotionLabels } from '../survey/label_motions.js';

/** Shapes: N transitions from one recorded frame to the next, P cells. */

/**
 * How the view moved, as key logs tell it by place and heading. What is none of the world's motions leads elsewhere, where one does.
 * @throws SnowglobeError for key logs that do not tell them
 */
export function labelPoses(data: Recordings, { poses }: PoseConfig): MotionLabels {
  const recorded = recordedPoses(data);
  if (!recorded) {
    throw new SnowglobeError(
      'recordings: worlds in first person are learned and measured by where the player stands and looks; give key logs whose states are x, y and heading.',
    );
  }
  const indices = new Map(poses.motions.map((motion, i) => [motion.join(' '), i]));
  const others = poses.leadsElsewhere ? poses.motions.length : undefined;
  const motions = recorded.flatMap((own) =>
    Array.from({ length: own.length / 3 - 1 }, (_, t) => indices.get(poseAfter(own, t).join(' ')) ?? others),
  );
  return {
    motions: Uint8Array.from(motions, (motion) => motion ?? 0),
    isClear: Uint8Array.from(motions, (motion) => (motion === undefined ? 0 : 1)),
  };
}

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
}

/** Walks through all clips with a memory by pose. */
export function poseTransitions(
  { clips }: CodedRecordings,
  labels: MotionLabels,
  actions: readonly (readonly Label[])[],
  config: PoseConfig,
): Transitions {
  const cells = cellCount(config);
  const count = labels.motions.length;
  const of = <T>(kind: new (length: number) => T): T => new kind(count * cells);
  const [hint, last, next] = [of(Int16Array), of(Int16Array), of(Int16Array)];
  const [fresh, ages] = [of(Uint8Array), of(Uint8Array)];
  const geometry = poseGeometry(config);
  const tables = poseTables(geometry);
  const isInView = cellsInView(geometry);
  const [R, W, M] = [geometry.recalled, tables.ways.length, motionCount(geometry)];
  const recalled: RecalledFrames = {
    frames: new Int32Array(count * R),
    views: new Uint16Array(count * (R + 1)),
    ways: new Int32Array(count * W),
    stood: new Uint8Array(count * M),
  };
  let at = 0;
  for (const clip of clips) {
    const memory = new PoseMemory(geometry, tables);
    for (let t = 0; t + 1 < clip.length / cells; t++, at++) {
      last.set(clip.subarray(t * cells, (t + 1) * cells), at * cells);
      next.set(clip.subarray((t + 1) * cells, (t + 2) * cells), at * cells);
      memory.see(at);
      const around = memory.surroundings();
      const known = memory.move(labels.motions[at]!);
      recalled.ways.set(around.ways, at * W);
      recalled.stood.set(around.stood, at * M);
      recalled.frames.set(known.recalled, at * R);
      recalled.views.set(known.views, at * (R + 1));
      const kind = known.same < 0 ? freshness.never : known.same === at ? freshness.last : freshness.earlier;
      for (let cell = 0; cell < cells; cell++) {
        const from = isInView[cell] ? known.same : at;
        hint[at * cells + cell] = from < 0 ? 0 : last[from * cells + cell]! + 1;
        fresh[at * cells + cell] = isInView[cell] ? kind : freshness.last;
      }
    }
  }
  return { count, hint, freshness: fresh, ages, last, next, actions: actions.flat(), labels, recalled };
}

/** Walks through all clips with a map. */
export function mapTransitions(
  { clips }: CodedRecordings,
  labels: MotionLabels,
  actions: readonly (readonly Label[])[],
  config: MapConfig,
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
