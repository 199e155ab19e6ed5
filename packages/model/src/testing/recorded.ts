import type { Label, Recordings } from '../recordings.js';

/** Recordings of grey pictures with the given labels, one clip each, a frame longer than its labels. */
export function recorded(
  actionNames: readonly string[],
  ...clips: readonly (readonly Label[])[]
): Recordings {
  const size = 16 * 16 * 3;
  return {
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
}
