import { expect, it } from 'vitest';
import type { Label, Recordings } from '../recordings.js';
import { trueActions } from './true_actions.js';

/** Recordings of grey pictures with the given labels, one clip each, a frame longer than its labels. */
function recorded(actionNames: readonly string[], ...clips: readonly (readonly Label[])[]): Recordings {
  const size = 16 * 16 * 3;
  const data: Recordings = {
    ...{ width: 16, height: 16, actionNames },
    clips: clips.map((labels, i) => ({ name: `clip ${i}`, frames: labels.length + 1, hasActions: true })),
    totalFrames: clips.reduce((sum, { length }) => sum + length + 1, 0),
    frames: (_, __, count) => new Uint8Array(count * size).fill(128),
    actions: (clip, start, count) => clips[clip]!.slice(start, start + count),
    subset: (some) => recorded(actionNames, ...some.map((clip) => clips[clip]!)),
    sampleWindows: () => {
      throw new Error('not asked for here');
    },
  };
  return data;
}

it('true actions go by their names, whatever their numbers in the recordings', () => {
  const data = recorded(['left', 'right', 'jump'], [0, 1, undefined, 1]);
  expect(trueActions(data, ['right', 'left'])).toEqual([[1, 0, undefined, 0]]);
  expect(trueActions(data)).toEqual([[0, 1, undefined, 1]]);
  expect(() => trueActions(data, ['left', 'up'])).toThrow(
    "clip 0: its action 'right' is not among left, up; use recordings of the same keys.",
  );
});
