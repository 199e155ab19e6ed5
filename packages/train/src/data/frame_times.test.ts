import fc from 'fast-check';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { describe, expect, test } from 'vitest';
import { FramePicker } from './frame_picker.js';
import { frameTimes, longestShown } from './frame_times.js';

const millisecond = 1 / 1000;
/** Times of an even rate on a clock, each moved by `shake` frames. */
const even = (count: number, fps: number, tick: number, shake: (i: number) => number = () => 0): number[] =>
  Array.from({ length: count }, (_, i) => Math.round((i + shake(i)) / fps / tick));

/** For each output frame at the recording's own rate, the index of the input frame that it shows. */
function picked(times: readonly number[], tick: number): number[] {
  const { fps, shownAt } = frameTimes(times, tick);
  const picker = new FramePicker(fps!, longestShown(fps));
  const out: number[] = [];
  const emit = (index: number, count: number) => out.push(...Array<number>(count).fill(index));
  times.forEach((time, i) => emit(i - 1, picker.next(shownAt.get(time)!)));
  emit(times.length - 1, picker.end());
  return out;
}
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);

describe('the rate', () => {
  test.each([
    ['milliseconds', millisecond, [12, 15, 23.976, 24, 25, 29.97, 30, 50, 59.94, 60, 120, 144]],
    ['1/90000', 1 / 90_000, [15, 24, 29.97, 30, 60, 240]],
    ['hundredths, as in a GIF', 1 / 100, [0.5, 5, 10, 15, 20, 24, 25, 30, 40, 50]],
    ['a second', 1, [1 / 12, 1 / 30, 1 / 600]],
  ])('on a clock of %s is that of the times, whatever the file states', (_, tick, rates) => {
    for (const fps of rates) {
      const exact = fps === 23.976 || fps === 29.97 || fps === 59.94 ? (Math.ceil(fps) * 1000) / 1001 : fps;
      const times = even(400, exact, tick);
      expect(frameTimes(times, tick).fps).toBeCloseTo(exact, 3);
      expect(frameTimes(times, tick, [1 / tick, 0]).fps).toBeCloseTo(exact, 3);
      expect(frameTimes(times, tick, [1 / tick, exact]).fps).toBe(exact);
    }
  });

  test('does not change by pauses, frames that were left out, or the order of decoding', () => {
    const times = even(300, 30, millisecond).filter((_, i) => i % 7 !== 3);
    const paused = times.map((time, i) => time + 1700 * Math.floor(i / 50));
    for (const recorded of [times, paused, [...paused].reverse()]) {
      expect(frameTimes(recorded, millisecond).fps).toBeCloseTo(30, 1);
    }
  });

  test('of uneven frames is their mean', () => {
    const random = xoroshiro128plus(3);
    let now = 0;
    const times = Array.from({ length: 500 }, () => (now += 14 + Math.floor(38 * uniformFloat64(random))));
    const mean = 499_000 / (times.at(-1)! - times[0]!);
    expect(frameTimes(times, millisecond, [1000]).fps! / mean).toBeCloseTo(1, 2);
    // A recorder that starts late, or a page that stood still.
    const late = times.map((time, i) => (i === 0 ? 0 : time + 640));
    expect(Math.abs(frameTimes(late, millisecond).fps! / mean - 1)).toBeLessThan(0.06);
  });

  test('is none of fewer than two times', () => {
    expect(frameTimes([], 1).fps).toBeUndefined();
    expect(frameTimes([7], 1).fps).toBeUndefined();
    expect(frameTimes([7, 7, 7], 1).fps).toBeUndefined();
  });
});

describe('the jitter of a clock', () => {
  test('of some 8 ms at 60 frames a second neither repeats a frame nor leaves one out', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = xoroshiro128plus(seed);
      const times = even(600, 60, millisecond, () => 0.9 * (uniformFloat64(random) - 0.5));
      const sorted = [...new Set(times)].sort((a, b) => a - b);
      expect(frameTimes(times, millisecond).fps).toBeCloseTo(60, 1);
      expect(picked(sorted, millisecond), `seed ${seed}`).toEqual(upTo(sorted.length));
    }
  });

  test('of any kind changes the rate by little, and the length by less', () => {
    const shakes = fc.array(fc.double({ min: -0.2, max: 0.2, noNaN: true }), {
      minLength: 40,
      maxLength: 120,
    });
    fc.assert(
      fc.property(shakes, fc.constantFrom(15, 24, 30), (shake, fps) => {
        const times = even(shake.length, fps, millisecond, (i) => shake[i]!);
        expect(Math.abs(frameTimes(times, millisecond).fps! / fps - 1)).toBeLessThan(0.04);
        expect(Math.abs(picked(times, millisecond).length / times.length - 1)).toBeLessThan(0.04);
      }),
    );
  });
});

test('pauses and frames that were left out stay where they are', () => {
  // Only ever later: nothing there is jitter.
  const gaps = fc.array(fc.constantFrom(1, 1, 1, 1, 2, 3, 30), { minLength: 40, maxLength: 200 });
  fc.assert(
    fc.property(gaps, (distances) => {
      const times = [0];
      for (const distance of distances) times.push(times.at(-1)! + distance);
      const { fps, shownAt } = frameTimes(times, 1 / 15, [15]);
      fc.pre(fps === 15);
      for (const time of times.slice(16, -16)) expect(shownAt.get(time)).toBeCloseTo(time / 15, 9);
    }),
  );
});

test('any times are shown in their order, for as long as they last', () => {
  const any = fc.array(fc.integer({ min: -1e6, max: 1e9 }), { minLength: 2, maxLength: 80 });
  fc.assert(
    fc.property(any, (times) => {
      const sorted = [...new Set(times)].sort((a, b) => a - b);
      const { fps, shownAt } = frameTimes(times, millisecond);
      if (sorted.length < 2) return expect(fps).toBeUndefined();
      expect(fps).toBeGreaterThan(0);
      expect(shownAt.size).toBe(sorted.length);
      const shown = sorted.map((time) => shownAt.get(time)!);
      expect(shown.every((time, i) => Number.isFinite(time) && (i === 0 || time >= shown[i - 1]!))).toBe(
        true,
      );
    }),
  );
});

test('a frame may be shown for four of its recording, and for ten seconds in any', () => {
  expect(longestShown(30)).toBe(10);
  expect(longestShown(1 / 12)).toBeCloseTo(48);
  expect(longestShown(undefined)).toBe(10);
});
