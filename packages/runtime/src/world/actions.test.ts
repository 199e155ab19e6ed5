import { describe, expect, test } from 'vitest';
import { actionTable } from './actions.js';

const tableOf = (actionNames: string[]) => {
  const actions = { count: actionNames.length, states: 1, areLatent: false };
  return actionTable({ model: { actions }, metadata: { actionNames } } as unknown as Parameters<
    typeof actionTable
  >[0]);
};
/** What is asked for, of actions that are asked for alone. */
const chosen = (row: Float32Array): number => row.indexOf(Math.max(...row));

describe('doing nothing', () => {
  test.each(['none', 'noop', 'idle', 'stay', 'wait'])('is what the world calls %s', (idle) => {
    const table = tableOf(['left', idle, 'right']);
    expect(table.names).toContain('none');
    expect(chosen(table.logitsOf('none'))).toBe(1);
    expect(new Set(table.logitsOf('none')).size).toBe(2);
  });

  test('is no preference where the world has no word for it', () => {
    expect([...tableOf(['left', 'right']).logitsOf('none')]).toEqual([0, 0]);
  });
});

test('other words are told from actions of the same name', () => {
  expect(tableOf(['up', 'none']).synonyms).toEqual(['jump', 'stay', 'wait']);
  expect(tableOf(['up', 'jump', 'noop']).synonyms).toEqual(['none', 'stay', 'wait']);
  expect(tableOf(['left', 'stay']).synonyms).toEqual(['none', 'wait']);
  const { names, synonyms } = tableOf(['up', 'left']);
  for (const word of synonyms) expect(names).toContain(word);
});
