import { SnowglobeError } from '@snowglobe/graph';
import { chainFrames } from '@snowglobe/eval';
import type { DeltaWorldConfig } from '@snowglobe/model';
import type { ClipDataset } from '../data/index.js';
import { deltaFrames } from '../stages/delta.js';
import { actionFrames } from '../stages/latent_actions.js';
import { motionFrames } from '../stages/motion.js';
import { priorFrames } from '../stages/prior.js';

/** Frames that one recording must have, by the stage that learns from so many in a row. */
const needs = {
  tokenizer: () => 1,
  actions: ({ latentActions }: DeltaWorldConfig) => (latentActions ? actionFrames(latentActions) : 1),
  motion: () => motionFrames,
  prior: () => priorFrames,
  delta: () => deltaFrames,
  dynamics: ({ dynamics }: DeltaWorldConfig) => chainFrames(dynamics),
} as const;
type Stage = keyof typeof needs;

/**
 * Finds out before the first step whether recordings are long enough for the last.
 * @param stages that are to be trained
 * @throws SnowglobeError naming the stage that they are too short for, and what would do
 */
export function checkRecordings(data: ClipDataset, config: DeltaWorldConfig, stages: Iterable<Stage>): void {
  const longest = data.clips.reduce((a, b) => (b.frames > a.frames ? b : a));
  const wanted = [...stages];
  // The stage that needs most is told: what is enough for it is enough for all.
  const [stage, frames] = wanted
    .map((name) => [name, needs[name](config)] as const)
    .reduce((a, b) => (b[1] > a[1] ? b : a), ['tokenizer', 1] as const);
  if (frames > longest.frames) {
    const seconds = frames / data.fps;
    throw new SnowglobeError(
      `train: the ${stage} stage needs a recording of ${frames} frames (${Number(seconds.toPrecision(2))} s at ${round(data.fps)} a second), ` +
        `and the longest of ${data.clips.length} (${longest.name}) has ${longest.frames}; give a longer one` +
        (stage === 'dynamics' ? ', or a shorter memory.' : '.'),
    );
  }
  const transitions = data.totalFrames - data.clips.length;
  const codes = config.latentActions?.codes ?? 0;
  if (wanted.includes('actions') && transitions < codes) {
    throw new SnowglobeError(
      `train: to tell ${codes} actions apart, recordings must have at least ${codes + data.clips.length} frames in all, ` +
        `and these have ${data.totalFrames}; give more of them.`,
    );
  }
}

const round = (fps: number): number => Number(fps.toPrecision(4));
