import { expect, it } from 'vitest';
import { recorded } from '../testing/recorded.js';
import { trueActions } from './true_actions.js';

it('true actions go by their names, whatever their numbers in the recordings', () => {
  const data = recorded(['left', 'right', 'jump'], [0, 1, undefined, 1]);
  expect(trueActions(data, ['right', 'left'])).toEqual([[1, 0, undefined, 0]]);
  expect(trueActions(data)).toEqual([[0, 1, undefined, 1]]);
  expect(() => trueActions(data, ['left', 'up'])).toThrow(
    "clip 0: its action 'right' is not among left, up; use recordings of the same keys.",
  );
});
