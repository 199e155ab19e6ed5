import { expect, it } from 'vitest';
import { cellActions, cellLegend, cellRecordings, cellRules } from '../testing/cell_game.js';
import { cellWalker } from '../testing/cell_walker.js';
import { frozenWalker, recordedWalker, shuffledWalker } from '../walks/bounds.js';
import type { Walker } from '../walks/walker.js';
import { gated } from './likeness.js';
import type { MemoryEvaluation } from './memory.js';
import { evaluateMemory } from './memory.js';
import { findReturns } from './returns.js';

const data = cellRecordings(12, 121);
const span = 24;

const measure = (
  walker: Walker,
  controls?: Readonly<Record<string, Walker>>,
  named = true,
): Promise<MemoryEvaluation> =>
  evaluateMemory(data, walker, {
    ...{ seed: 1, spans: [span], starts: 8, controls },
    ...(named && { legend: cellLegend, rules: cellRules }),
    actionAt: (clip, frame) => cellActions[data.actions(clip, frame, 1)[0] ?? 0]!,
  });

it('finds walks that were away and came back, spread over the clips', () => {
  const returns = findReturns(data, span, 8);
  expect(returns).toHaveLength(8);
  expect(new Set(returns.map(({ clip }) => clip)).size).toBeGreaterThan(3);
  for (const { first, last } of returns) {
    expect(last - first).toBeGreaterThanOrEqual(0.8 * span);
    expect(last - first).toBeLessThanOrEqual(1.2 * span);
  }
  expect(findReturns(data, 200, 8)).toEqual([]);
});

it('the recordings and the game itself remember; a frozen frame scores 0, one in no order little', async () => {
  const of = async (walker: Walker) => (await measure(walker, undefined, false)).spans[0]!;
  const recorded = await of(recordedWalker(data));
  expect(recorded.world.recall).toBeGreaterThan(0.95);
  expect(recorded.world.consistency).toBeCloseTo(recorded.game.consistency, 9);
  expect(recorded.game.recall).toBeGreaterThan(0.8);
  const game = await of(cellWalker(data));
  expect(game.world.recall).toBeGreaterThan(0.8);
  expect(game.world.consistency).toBeGreaterThan(0.8);
  expect((await of(frozenWalker(data))).world).toMatchObject({ recall: 0, consistency: 0 });
  expect((await measure(frozenWalker(data))).spans[0]!.revisits).toMatchObject({ same: 0, returned: 0 });
  const shuffled = await of(shuffledWalker(data));
  expect(shuffled.world.recall).toBeLessThan(0.4);
  expect(shuffled.world.consistency).toBeLessThan(0.4);
});

it('a world that forgets is found to, beside one that does not', async () => {
  const { spans, figures } = await measure(cellWalker(data), { memory: cellWalker(data, { forgets: true }) });
  const { world, controls, revisits } = spans[0]!;
  expect(controls!['memory']!.recall).toBeLessThan(0.7 * world.recall);
  expect(controls!['memory']!.consistency).toBeLessThan(0.8 * world.consistency);
  expect(revisits!.same).toBe(1);
  expect(revisits!.returned).toBeGreaterThan(0.5);
  expect(revisits!.cells).toBeGreaterThan(500);
  expect(figures.map(({ name }) => name)).toEqual([
    `memory${span}`,
    `recall${span}`,
    `consistency${span}`,
    `memory${span}-without-memory`,
    `revisited${span}`,
    `returned${span}`,
  ]);
  const forgetful = await measure(cellWalker(data, { forgets: true }));
  expect(forgetful.spans[0]!.revisits!.same).toBeLessThan(0.8);
});

it('walks in which a game ends do not count', async () => {
  const { spans } = await measure(cellWalker(data, {}, span / 2));
  expect(spans[0]!.world).toEqual({ walks: 0, recall: 0, consistency: 0 });
  expect(spans[0]!.revisits).toMatchObject({ walks: 0, same: 1 });
  // Longer games than any walk, its lead and slack.
  const long = await measure(cellWalker(data, {}, 60));
  expect(long).toEqual(await measure(cellWalker(data)));
});

it('is gated by how far a walk was away', () => {
  expect(gated(0.9, 1)).toBe(0);
  expect(gated(0.9, 0.85)).toBeCloseTo(0.9, 9);
  expect(gated(0.9, 0.2)).toBe(0.9);
  expect(gated(0.8, 0.925)).toBeCloseTo(0.4, 9);
});
