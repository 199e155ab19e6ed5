import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FramePicker } from './frame_picker.js';

/** For each output frame, the index of the input frame that it shows. */
function pick(times: readonly number[], fps: number): number[] {
  const picker = new FramePicker(fps);
  const out: number[] = [];
  const emit = (index: number, count: number) => out.push(...Array<number>(count).fill(index));
  times.forEach((time, i) => emit(i - 1, picker.next(time)));
  emit(times.length - 1, picker.end());
  return out;
}

const steady = (frames: number, fps: number, start = 0) =>
  Array.from({ length: frames }, (_, i) => start + i / fps);
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);

describe('the same rate', () => {
  test('keeps every frame once', () => {
    for (const fps of [7, 12, 15, 23.976, 25, 29.97, 30, 60]) {
      expect(pick(steady(200, fps), fps)).toEqual(upTo(200));
      expect(pick(steady(200, fps, 1.4), fps)).toEqual(upTo(200));
    }
  });

  test('keeps every frame once where times are rounded or shake by less than half a frame', () => {
    // Matroska and WebM keep milliseconds.
    const rounded = steady(500, 30).map((time) => Math.round(time * 1000) / 1000);
    expect(pick(rounded, 30)).toEqual(upTo(500));
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -0.2, max: 0.2, noNaN: true }), { minLength: 2, maxLength: 60 }),
        (shakes) => {
          const times = shakes.map((shake, i) => (i === 0 ? 0 : (i + shake) / 15));
          expect(pick(times, 15).slice(0, -1)).toEqual(upTo(shakes.length).slice(0, -1));
        },
      ),
    );
  });
});

test('a lower rate leaves frames out evenly', () => {
  expect(pick(steady(16, 60), 15)).toEqual([0, 4, 8, 12]);
  expect(pick(steady(8, 30), 15)).toEqual([0, 2, 4, 6]);
});

test('a higher rate repeats frames', () => {
  expect(pick(steady(3, 15), 30)).toEqual([0, 1, 1, 2, 2]);
});

test('uneven frames are shown as long as they last', () => {
  // A still screen is often recorded as one long frame.
  expect(pick([0, 0.1, 0.5, 0.6], 10)).toEqual([0, 1, 1, 2, 2, 2, 3]);
});

test('shows the frame nearest in time, and as much as the video lasts', () => {
  const gaps = fc.array(fc.double({ min: 0.005, max: 0.3, noNaN: true }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(gaps, fc.integer({ min: 2, max: 60 }), (steps, fps) => {
      const times = [0];
      for (const step of steps) times.push(times.at(-1)! + step);
      const picked = pick(times, fps);
      picked.forEach((index, k) => {
        const nearest = Math.min(...times.map((time) => Math.abs(time - k / fps)));
        expect(Math.abs(times[index]! - k / fps)).toBeLessThanOrEqual(nearest + 1e-6);
      });
      const duration = times.at(-1)! + steps.at(-1)! / 2;
      expect(Math.abs(picked.length - duration * fps)).toBeLessThanOrEqual(1 + 1e-3);
    }),
  );
});

test('times that stand still or go back lose no later frame', () => {
  expect(pick([0, 0.1, 0.1, 0.05, 0.2, 0.3], 10)).toEqual([0, 3, 4, 5]);
});

test('gaps longer than ten seconds are shortened, before and after them all is in order', () => {
  const picked = pick([0, 1, 100_001, 100_002, 100_003], 1);
  // Ten seconds go half to the frame before, half to the one after.
  expect(picked).toEqual([0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 4]);
});

test('no frame gives none, one frame gives one', () => {
  expect(pick([], 10)).toEqual([]);
  expect(pick([3], 10)).toEqual([0]);
});
