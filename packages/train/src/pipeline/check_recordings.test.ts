import { defaultFamily } from '@snowglobe/model';
import { describe, expect, it } from 'vitest';
import type { ClipDataset } from '../data/index.js';
import { checkRecordings } from './check_recordings.js';

/** Stages of a preset, by default all. */
const stagesOf = async (preset: string, names?: readonly string[]) => {
  const model = defaultFamily.fromPreset(preset, { width: 64, height: 64, fps: 15 });
  const { stages } = await model.training();
  return stages.filter(({ name }) => !names || names.includes(name));
};
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
  ] as const)('for all stages of %s', async (preset, stage, needed) => {
    const stages = await stagesOf(preset);
    const check = (frames: number) => () => checkRecordings(recordings(6, frames), stages);
    expect(check(needed)).not.toThrow();
    expect(check(needed - 1)).toThrow(
      `the ${stage} stage needs a recording of ${needed} frames (${Number((needed / 15).toPrecision(2))} s at 15 a second), and the longest of 2 (clip 1) has ${needed - 1}; give a longer one`,
    );
  });

  it('for the stages that are wanted alone', async () => {
    const [tokenizer, delta, some] = await Promise.all([
      stagesOf('memory', ['tokenizer']),
      stagesOf('memory', ['delta']),
      stagesOf('memory', ['motion', 'prior', 'delta']),
    ]);
    expect(() => checkRecordings(recordings(2), tokenizer)).not.toThrow();
    expect(() => checkRecordings(recordings(2), delta)).toThrow('the delta stage needs a recording of 3');
    expect(() => checkRecordings(recordings(13), some)).not.toThrow();
  });

  it('where actions are fewer than codes', async () => {
    const actions = await stagesOf('micro', ['actions']);
    expect(() => checkRecordings(recordings(5, 5), actions)).not.toThrow();
    expect(() => checkRecordings(recordings(8), actions)).toThrow(
      'to tell 8 actions apart, recordings must have at least 9 frames in all, and these have 8; give more of them',
    );
  });
});
