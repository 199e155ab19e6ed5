import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { MapView } from './map_view.js';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function watch(answerMs: number) {
  const asked: number[] = [];
  const world = {
    map: () => {
      asked.push(performance.now());
      return new Promise<undefined>((resolve) => setTimeout(resolve, answerMs));
    },
  };
  let isWanted = true;
  const view = new MapView({
    world: () => (isWanted ? world : undefined),
    canvas: () => null,
    screen: () => null,
  });
  return { asked, view, want: (wanted: boolean) => (isWanted = wanted) };
}

test('asks three times a second at most, and once more for what came last', async () => {
  const { asked, view } = watch(5);
  for (let frame = 0; frame < 60; frame++) {
    view.look();
    await vi.advanceTimersByTimeAsync(1000 / 60);
  }
  expect(asked.length).toBeGreaterThanOrEqual(3);
  expect(asked.length).toBeLessThanOrEqual(4);
  const last = performance.now();
  view.look();
  await vi.advanceTimersByTimeAsync(1000);
  expect(asked.at(-1)).toBeGreaterThanOrEqual(last);
  const count = asked.length;
  await vi.advanceTimersByTimeAsync(5000);
  expect(asked.length).toBe(count);
});

test('one question at a time, however long the answer takes', async () => {
  const { asked, view } = watch(2000);
  for (let frame = 0; frame < 240; frame++) {
    view.look();
    await vi.advanceTimersByTimeAsync(1000 / 60);
  }
  expect(asked.length).toBe(2);
});

test('asks nothing where no map is wanted', async () => {
  const { asked, view, want } = watch(5);
  want(false);
  view.look();
  await vi.advanceTimersByTimeAsync(1000);
  expect(asked).toEqual([]);
  want(true);
  view.look();
  await vi.advanceTimersByTimeAsync(1000);
  expect(asked.length).toBe(1);
});
