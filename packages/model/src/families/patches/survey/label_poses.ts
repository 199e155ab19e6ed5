import { SnowglobeError } from '@snowglobe/graph';
import type { Recordings } from '../../../recordings.js';
import type { PoseConfig } from '../config/config.js';
import { poseAfter, recordedPoses } from './find_poses.js';
import type { MotionLabels } from './label_motions.js';

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
