import { defaultLatentActions, presets } from '@snowglobe/model';
import { createReferenceExecutor } from '@snowglobe/runtime';
import { expect, it } from 'vitest';
import { measureReader } from '../actions/reader_bound.js';
import { scoreActions } from '../actions/score_actions.js';
import { knownActions } from '../rollouts/rollouts.js';
import { trueActions } from './actions.js';
import { MotionTable } from './motion_table.js';
import type { Label, Recordings } from '@snowglobe/model';
import { toldRows } from './transitions.js';

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

it('an unknown action is not told, not followed and not compared', () => {
  const data = recorded(['left', 'right'], [1, undefined, 0, 0]);
  const { motion: config } = presets.micro;
  const shifts = (2 * config.range.y + 1) * (2 * config.range.x + 1);
  const motion = new MotionTable(shifts, [new Float32Array(4 * shifts)]);
  const rows = toldRows({ data, actions: trueActions(data), motion }, 0, 0, 4, { motion: config });
  const told = (t: number): number[] => [
    ...rows.subarray((t * rows.length) / 4, (t * rows.length) / 4 + config.actions),
  ];
  expect(told(0)).toEqual([0, 1, 0, 0, 0, 0, 0, 0]);
  expect(told(1)).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  expect(knownActions([1, undefined, 0, 0], 2, 2)).toEqual([0, 0]);
  expect(knownActions([1, undefined, 0, 0], 0, 2)).toBeUndefined();
  const scores = scoreActions(data, [[1, 0, 0, 0]], 2)!;
  expect(scores).toMatchObject({ accuracy: 1, usage: [0.75, 0.25] });
  expect(scores.entropyBits).toBeCloseTo(Math.log2(3) - 2 / 3, 12);
});

it('motion that was measured over other shifts is refused', () => {
  const data = recorded(['left'], [0, 0]);
  const motion = new MotionTable(17 * 7, [new Float32Array(2 * 17 * 7)]);
  const transitions = { data, actions: [[0, 0]], motion };
  expect(() => toldRows(transitions, 0, 0, 2, { motion: presets.memory.motion })).toThrow(
    'it was measured over 119 shifts and this world tells 5x17 of them apart',
  );
});

it('a reader is compared by the names of actions, over labelled frames alone', async () => {
  const actions = { ...defaultLatentActions, range: { y: 1, x: 1 }, border: { y: 1, x: 1 }, hidden: 4 };
  const executor = createReferenceExecutor();
  const store = executor.createStore();
  const actionNames = ['right', 'none', 'left'];
  const inputs = 4 * 9 + 8 * 8 * 3;
  const write = (name: string, shape: number[], data = new Float32Array(shape.reduce((a, b) => a * b))) =>
    store.write(`reader/${name}`, { shape, dtype: 'f32' }, data);
  write('in/weight', [inputs, 4]);
  write('in/bias', [4]);
  write('hidden/weight', [4, 4]);
  write('hidden/bias', [4]);
  write('out/weight', [4, 3]);
  // It always says `right`, with a probability of e / (e + 2).
  write('out/bias', [3], Float32Array.of(1, 0, 0));
  const data = recorded(['left', 'right'], [1, undefined, 1, 0, undefined]);
  const motion = new MotionTable(9, [new Float32Array(5 * 9)]);
  const bound = await measureReader(data, motion, actions, { executor, store, actionNames });
  expect(bound.accuracy).toBeCloseTo(2 / 3, 12);
  expect(bound.bestGuessBits).toBeCloseTo(0, 12);
  const entropy = Math.log2(3) - 2 / 3;
  const total = Math.log(Math.E + 2);
  expect(bound.crossEntropyBits).toBeCloseTo(entropy - (total - 2 / 3) / Math.LN2, 5);
  await expect(
    measureReader(data, motion, actions, { executor, store, actionNames: ['left', 'jump'] }),
  ).rejects.toThrow("its action 'right' is not among left, jump");
});
