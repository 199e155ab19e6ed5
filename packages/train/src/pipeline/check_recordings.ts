import { SnowglobeError } from '@snowglobe/graph';
import type { TrainingStage } from '@snowglobe/model';
import type { ClipDataset } from '../data/index.js';

/**
 * Finds out before the first step whether recordings are long enough for the last.
 * @param stages that are to be trained
 * @throws SnowglobeError naming the stage that they are too short for, and what would do
 */
export function checkRecordings(data: ClipDataset, stages: readonly TrainingStage[]): void {
  const longest = data.clips.reduce((a, b) => (b.frames > a.frames ? b : a));
  // The stage that needs most is told: what is enough for it is enough for all.
  const most = stages.reduce<TrainingStage | undefined>(
    (a, b) => (a && b.framesNeeded <= a.framesNeeded ? a : b),
    undefined,
  );
  if (most && most.framesNeeded > longest.frames) {
    const { name, framesNeeded: frames, orElse } = most;
    const seconds = frames / data.fps;
    throw new SnowglobeError(
      `train: the ${name} stage needs a recording of ${frames} frames (${Number(seconds.toPrecision(2))} s at ${round(data.fps)} a second), ` +
        `and the longest of ${data.clips.length} (${longest.name}) has ${longest.frames}; give a longer one` +
        (orElse === undefined ? '.' : `, or ${orElse}.`),
    );
  }
  for (const stage of stages) stage.check?.(data);
}

const round = (fps: number): number => Number(fps.toPrecision(4));
