import { describe, expect, test } from 'vitest';
import { enlarge, imageOf, toRgb, toRgba, type Image } from './image.js';
import { frameStrip } from './strip.js';

const plain = (value: number, width = 2, height = 3): Image => ({
  width,
  height,
  channels: 3,
  data: new Uint8Array(width * height * 3).fill(value),
});
const at = (image: Image, x: number, y: number): number[] =>
  [...image.data.subarray((y * image.width + x) * image.channels)].slice(0, image.channels);

describe('a strip', () => {
  test('puts frames side by side, row by row', () => {
    const strip = frameStrip(
      [1, 2, 3, 4, 5].map((value) => plain(value * 10)),
      { columns: 3, scale: 2, gap: 1 },
    );
    expect([strip.width, strip.height]).toEqual([3 * 4 + 2, 2 * 6 + 1]);
    const corners = [1, 2, 3, 4, 5].map((_, i) => at(strip, (i % 3) * 5, Math.floor(i / 3) * 7)[0]);
    expect(corners).toEqual([10, 20, 30, 40, 50]);
    expect(at(strip, 3, 5)).toEqual([10, 10, 10]);
    // The gap, and the place that no frame takes.
    expect(at(strip, 4, 0)).toEqual([48, 48, 48]);
    expect(at(strip, 13, 12)).toEqual([48, 48, 48]);
  });

  test('is no wider than its frames', () => {
    expect(frameStrip([plain(1), plain(2)]).width).toBe(2 * 2 + 2);
  });

  test('refuses frames that do not fit together', () => {
    expect(() => frameStrip([])).toThrow('strip: there are no frames');
    expect(() => frameStrip([plain(1), plain(1, 3)])).toThrow('strip: frame 1 is 3x3, the first is 2x3');
    expect(() => frameStrip([plain(1)], { columns: 0 })).toThrow('0 columns');
    expect(() => frameStrip([plain(1)], { scale: 10_000 })).toThrow('more than the limit');
  });
});

test('enlarging repeats pixels', () => {
  const image = imageOf(Uint8Array.from([1, 2, 3, 4, 5, 6]), 2, 1);
  const large = enlarge(image, 2);
  expect([...large.data]).toEqual([1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6, 1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6]);
  expect(() => enlarge(image, 1.5)).toThrow('the factor must be an integer of at least 1, got 1.5');
});

test('alpha is added and taken away', () => {
  const image = imageOf(Uint8Array.from([200, 100, 0, 51]), 1, 1);
  expect([...toRgb(image).data]).toEqual([40, 20, 0]);
  expect([...toRgb(image, [255, 255, 255]).data]).toEqual([244, 224, 204]);
  expect([...toRgba(toRgb(image)).data]).toEqual([40, 20, 0, 255]);
});

test('bytes that are no picture of that size are refused', () => {
  expect(() => imageOf(new Uint8Array(10), 2, 2)).toThrow(
    '10 bytes do not fill 2x2 pixels; RGB takes 12, RGBA 16',
  );
});
