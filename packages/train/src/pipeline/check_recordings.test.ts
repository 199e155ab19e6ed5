import type { DeltaWorldConfig } from '@snowglobe/model';
import { defaultFamily, windowLength } from '@snowglobe/model';
import { describe, expect, it } from 'vitest';
import type { ClipDataset } from '../data/index.js';
import { checkRecordings } from './check_recordings.js';
import { stageNames } from './stages.js';

const configOf = (preset: string) =>
  defaultFamily.fromPreset(preset, { width: 64, height: 64, fps: 15 }).config as DeltaWorldConfig;
const recordings = (...frames: number[]): ClipDataset =>
  ({
    ...{ width: 64, height: 64, fps: 15, actionNames: [] },
    clips: frames.map((count, i) => ({ name: `clip ${i}`, frames: count, hasActions: false })),
    totalFrames: frames.reduce((a, b) => a + b, 0),
  }) as unknown as ClipDataset;

describe('recordings that are too short are told before the first step', () => {
  it.each([
    ['micro', 'motion', 13],
    ['tiny', 'motion', 13],
    ['small', 'dynamics', 25],
    ['memory', 'dynamics', 65],
  ] as const)('for all stages of %s', (preset, stage, needed) => {
    const config = configOf(preset);
    expect(Math.max(13, windowLength(config.dynamics) + 1)).toBe(needed);
    const check = (frames: number) => () => checkRecordings(recordings(6, frames), config, stageNames);
    expect(check(needed)).not.toThrow();
    expect(check(needed - 1)).toThrow(
      `the ${stage} stage needs a recording of ${needed} frames (${Number((needed / 15).toPrecision(2))} s at 15 a second), and the longest of 2 (clip 1) has ${needed - 1}; give a longer one`,
    );
  });

  it('for the stages that are wanted alone', () => {
    const config = configOf('memory');
    expect(() => checkRecordings(recordings(2), config, ['tokenizer'])).not.toThrow();
    expect(() => checkRecordings(recordings(2), config, ['delta'])).toThrow(
      'the delta stage needs a recording of 3',
    );
    expect(() => checkRecordings(recordings(13), config, ['motion', 'prior', 'delta'])).not.toThrow();
  });

  it('where actions are fewer than codes', () => {
    const config = configOf('micro');
    expect(() => checkRecordings(recordings(5, 5), config, ['actions'])).not.toThrow();
    expect(() => checkRecordings(recordings(8), config, ['actions'])).toThrow(
      'to tell 8 actions apart, recordings must have at least 9 frames in all, and these have 8; give more of them',
    );
  });
});
