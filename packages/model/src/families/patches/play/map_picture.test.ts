import type { TensorData } from '@snowglobe/graph';
import { untrainedPatches } from '@snowglobe/runtime/testing';
import { expect, it } from 'vitest';

const { model, tensors } = untrainedPatches();
const paint = model.map!.painter({ tensors });

/** 36 cells of a frame of 6x6, of which the first five rows scroll, in a map of 9x11. */
const stateOf = (codes: (cell: number) => number, places: Readonly<Record<number, number>>) =>
  new Map<string, TensorData>([
    ['play/codes', Int32Array.from({ length: 36 }, (_, cell) => codes(cell) + 1)],
    ['play/map', Int32Array.from({ length: 99 }, (_, place) => (places[place] ?? -1) + 1)],
  ]);
/** Mean of a patch's red, green and blue, in bytes. */
function meanOf(code: number): number[] {
  const patch = (tensors.get('patches/codebook')!.data as Float32Array).slice(code * 75, (code + 1) * 75);
  return [0, 1, 2].map((c) => {
    const bytes = [...patch].filter((_, i) => i % 3 === c).map((value) => (value + 1) * 127.5);
    return bytes.reduce((a, b) => a + b) / bytes.length;
  });
}
const pixel = (rgba: Uint8ClampedArray, at: number): number[] => [...rgba.slice(at * 4, at * 4 + 4)];

it('shows the view alone where nothing else was seen', () => {
  const { width, height, view, rgba } = paint(stateOf((cell) => cell % 23, { 24: 3 /* under the view */ }));
  expect([width, height]).toEqual([6, 5]);
  expect(view).toEqual({ top: 0, left: 0, rows: 5, columns: 6 });
  for (let cell = 0; cell < 30; cell++) {
    const [red, green, blue, alpha] = pixel(rgba, cell);
    expect(alpha).toBe(255);
    meanOf(cell % 23).forEach((value, c) =>
      expect(Math.abs([red!, green!, blue!][c]! - value)).toBeLessThanOrEqual(1),
    );
  }
});

it('grows to what was seen, and leaves the rest transparent', () => {
  // The view stands at row 2, column 2: one place above it on the left, one right below the last row of the view.
  const { width, height, view, rgba } = paint(stateOf(() => 0, { 12: 5, [8 * 11 + 9]: 7 }));
  expect([width, height]).toEqual([9, 8]);
  expect(view).toEqual({ top: 1, left: 1, rows: 5, columns: 6 });
  const seen = (place: number): boolean => pixel(rgba, place)[3] === 255;
  const count = Array.from({ length: width * height }, (_, place) => seen(place)).filter(Boolean).length;
  expect(count).toBe(32);
  expect(pixel(rgba, 0).slice(0, 3)).toEqual([...new Uint8ClampedArray(meanOf(5))]);
  expect(pixel(rgba, 72 - 1).slice(0, 3)).toEqual([...new Uint8ClampedArray(meanOf(7))]);
});
