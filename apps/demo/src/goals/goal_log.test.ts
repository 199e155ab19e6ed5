import type { Frame } from '@snowglobe/runtime/browser';
import { expect, test } from 'vitest';
import { GoalLog } from './goal_log.js';

const wood = { name: 'wood', cells: [{ row: 1, column: 1 }], codes: [7, 8] };
const sleep = { name: 'sleep', cells: [{ row: 0, column: 0 }], codes: [5] };
const frame = (index: number, ...codes: number[]): Frame => ({
  ...{ index, width: 2, height: 2, rgba: new Uint8ClampedArray(16), ms: 0 },
  codes: Int32Array.from(codes),
});

test('goals are reached once, and taken back when the session is wound back to before', () => {
  const log = new GoalLog([wood, sleep], 2);
  const at = () => [log.frameOf(wood), log.frameOf(sleep)];
  expect([log.add(frame(0, 5, 7, 0, 0)), at()]).toEqual([true, [undefined, 0]]);
  expect([log.add(frame(1, 0, 0, 0, 0)), at()]).toEqual([false, [undefined, 0]]);
  expect([log.add(frame(2, 0, 0, 0, 8)), at()]).toEqual([true, [2, 0]]);
  expect([log.add(frame(3, 0, 0, 0, 7)), at()]).toEqual([false, [2, 0]]);
  expect([log.add(frame(1, 0, 0, 0, 0)), at()]).toEqual([true, [undefined, 0]]);
  log.begin();
  expect([log.add(frame(0, 0, 0, 0, 0)), at()]).toEqual([true, [undefined, undefined]]);
});

test('a frame without codes reaches nothing', () => {
  const log = new GoalLog([wood], 2);
  const { codes: _, ...plain } = frame(0, 0, 0, 0, 7);
  expect([log.add(plain), log.frameOf(wood)]).toEqual([false, undefined]);
});
