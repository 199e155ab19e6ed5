import { freshness } from '../../../memory/cells.js';
import { motionCount, poseTables } from '../../../memory/pose/geometry.js';
import { PoseMemory } from '../../../memory/pose/pose_memory.js';
import { cellsInView } from '../../../memory/pose/pose_step.js';
import type { Label } from '../../../recordings.js';
import type { PoseConfig } from '../config/config.js';
import { cellCount, poseGeometry } from '../config/config.js';
import type { CodedRecordings, MotionLabels } from '../survey/label_motions.js';
import type { RecalledFrames, Transitions } from './transitions.js';
import { emptyTransitions } from './transitions.js';

/** Walks through all clips with a memory by pose. */
export function poseTransitions(
  { clips }: CodedRecordings,
  labels: MotionLabels,
  actions: readonly (readonly Label[])[],
  config: PoseConfig,
): Transitions {
  const cells = cellCount(config);
  const all = emptyTransitions(labels, actions, config);
  const { count, hint, last, next } = all;
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
        all.freshness[at * cells + cell] = isInView[cell] ? kind : freshness.last;
      }
    }
  }
  return { ...all, recalled };
}
