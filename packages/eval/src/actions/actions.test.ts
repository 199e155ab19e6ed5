import { recorded } from '@snowglobe/model/testing';
import { createReferenceExecutor } from '@snowglobe/runtime';
import { expect, it } from 'vitest';
import { knownActions } from '../rollouts/rollouts.js';
import { measureReader } from './reader_bound.js';
import { scoreActions } from './score_actions.js';

it('an unknown action is not followed and not compared', () => {
  const data = recorded(['left', 'right'], [1, undefined, 0, 0]);
  expect(knownActions([1, undefined, 0, 0], 2, 2)).toEqual([0, 0]);
  expect(knownActions([1, undefined, 0, 0], 0, 2)).toBeUndefined();
  const scores = scoreActions(data, [[1, 0, 0, 0]], 2)!;
  expect(scores).toMatchObject({ accuracy: 1, usage: [0.75, 0.25] });
  expect(scores.entropyBits).toBeCloseTo(Math.log2(3) - 2 / 3, 12);
});

it('a reader is compared by the names of actions, over labelled frames alone', async () => {
  const actionNames = ['right', 'none', 'left'];
  const data = recorded(['left', 'right'], [1, undefined, 1, 0, undefined]);
  // It always says `right`, with a probability of e / (e + 2).
  const probe = {
    read: async () => [Float32Array.from({ length: 5 * 3 }, (_, i) => (i % 3 === 0 ? 1 : 0))],
  };
  const store = createReferenceExecutor().createStore();
  const bound = await measureReader(data, probe, { store, actionNames });
  expect(bound.accuracy).toBeCloseTo(2 / 3, 12);
  expect(bound.bestGuessBits).toBeCloseTo(0, 12);
  const entropy = Math.log2(3) - 2 / 3;
  const total = Math.log(Math.E + 2);
  expect(bound.crossEntropyBits).toBeCloseTo(entropy - (total - 2 / 3) / Math.LN2, 5);
  await expect(measureReader(data, probe, { store, actionNames: ['left', 'jump'] })).rejects.toThrow(
    "its action 'right' is not among left, jump",
  );
});
