import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Image } from './image.js';
import { resize } from './resize.js';

const anyImage = (channels: 3 | 4) =>
  fc.tuple(fc.integer({ min: 1, max: 24 }), fc.integer({ min: 1, max: 24 })).chain(([width, height]) => {
    const length = width * height * channels;
    return fc
      .uint8Array({ minLength: length, maxLength: length })
      .map((data): Image => ({ width, height, channels, data }));
  });
const side = fc.integer({ min: 1, max: 24 });

function image(width: number, height: number, at: (x: number, y: number) => number[]): Image {
  const data: number[] = [];
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) data.push(...at(x, y));
  return { width, height, channels: at(0, 0).length as 3 | 4, data: Uint8Array.from(data) };
}

describe('shrinking', () => {
  test('by a whole factor is the mean of each block', () => {
    fc.assert(
      fc.property(
        anyImage(3),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 4 }),
        (small, fx, fy) => {
          // The picture is made from blocks, so that the block's mean is known without filtering.
          const noise = (x: number, y: number) => ((x % fx) + (y % fy)) % 2 === 0;
          const big = image(small.width * fx, small.height * fy, (x, y) => {
            const at = (Math.floor(y / fy) * small.width + Math.floor(x / fx)) * 3;
            return [0, 1, 2].map((c) => (noise(x, y) ? small.data[at + c]! : 0));
          });
          const kept = Array.from({ length: fx * fy }, (_, i) => noise(i % fx, Math.floor(i / fx))).filter(
            Boolean,
          ).length;
          const share = kept / (fx * fy);
          const out = resize(big, small.width, small.height, { fit: 'stretch' });
          out.data.forEach((value, i) =>
            expect(Math.abs(value - small.data[i]! * share)).toBeLessThanOrEqual(0.51),
          );
        },
      ),
      { numRuns: 50 },
    );
  });

  test('keeps the mean brightness, for any sizes', () => {
    fc.assert(
      fc.property(anyImage(3), side, side, (input, width, height) => {
        fc.pre(width <= input.width && height <= input.height);
        const out = resize(input, width, height, { fit: 'stretch' });
        const mean = (data: ArrayLike<number>) => Array.from(data).reduce((a, b) => a + b, 0) / data.length;
        expect(Math.abs(mean(out.data) - mean(input.data))).toBeLessThan(0.6);
      }),
    );
  });
});

test('growing a ramp gives a ramp', () => {
  const ramp = image(4, 1, (x) => [x * 60, x * 60, x * 60]);
  const out = resize(ramp, 8, 1, { fit: 'stretch' });
  // Centres of output pixels lie at -0.25, 0.25, 0.75, ... of the input's.
  expect([...out.data].filter((_, i) => i % 3 === 0)).toEqual([0, 15, 45, 75, 105, 135, 165, 180]);
});

test('stays between the darkest and the brightest input', () => {
  fc.assert(
    fc.property(anyImage(3), side, side, (input, width, height) => {
      const out = resize(input, width, height);
      expect([out.width, out.height, out.data.length]).toEqual([width, height, width * height * 3]);
      expect(Math.min(...out.data)).toBeGreaterThanOrEqual(Math.min(...input.data));
      expect(Math.max(...out.data)).toBeLessThanOrEqual(Math.max(...input.data));
    }),
  );
});

test('cover cuts both sides alike', () => {
  // Red, green, blue columns; the middle third is what a square shows.
  const wide = image(12, 4, (x) => [x < 4 ? 255 : 0, x >= 4 && x < 8 ? 255 : 0, x >= 8 ? 255 : 0]);
  const tall = image(4, 12, (_, y) => [y < 4 ? 255 : 0, y >= 4 && y < 8 ? 255 : 0, y >= 8 ? 255 : 0]);
  for (const input of [wide, tall]) {
    for (const size of [1, 2, 4]) {
      const out = resize(input, size, size);
      expect([...out.data]).toEqual(Array.from({ length: size * size }, () => [0, 255, 0]).flat());
    }
  }
});

test('stretch shows everything', () => {
  const wide = image(6, 2, (x) => [x < 2 ? 255 : 0, x >= 2 && x < 4 ? 255 : 0, x >= 4 ? 255 : 0]);
  expect([...resize(wide, 3, 1, { fit: 'stretch' }).data]).toEqual([255, 0, 0, 0, 255, 0, 0, 0, 255]);
});

test('see-through pixels do not colour their neighbours', () => {
  const input = image(2, 1, (x) => (x === 0 ? [200, 100, 50, 255] : [0, 255, 0, 0]));
  expect([...resize(input, 1, 1, { fit: 'stretch' }).data]).toEqual([200, 100, 50, 128]);
});

test('the same size is the same picture', () => {
  const input = image(3, 2, (x, y) => [x, y, 7]);
  expect(resize(input, 3, 2)).toBe(input);
});

test('impossible sizes are refused', () => {
  const input = image(3, 2, () => [1, 2, 3]);
  expect(() => resize(input, 2.5, 2)).toThrow('resize: 2.5x2 is not a size in whole pixels');
  expect(() => resize(input, 0, 2)).toThrow('0x2 pixels: there is nothing to see');
  expect(() => resize(input, 20_000, 20_000)).toThrow('more than the limit of 64 megapixels');
});
