import fc from 'fast-check';
import { expect, test } from 'vitest';
import { detailOf } from './long_runs.js';

const picture = (width: number, height: number, at: (x: number, y: number) => number): Float32Array =>
  Float32Array.from({ length: width * height * 3 }, (_, i) =>
    at(Math.floor(i / 3) % width, Math.floor(i / 3 / width)),
  );

test('detail is none in a flat picture, the step of a checkerboard, half a step of stripes', () => {
  expect(
    detailOf(
      picture(8, 6, () => 0.3),
      8,
    ),
  ).toBe(0);
  expect(
    detailOf(
      picture(8, 6, (x, y) => (x + y) % 2),
      8,
    ),
  ).toBeCloseTo(1, 6);
  expect(
    detailOf(
      picture(8, 8, (x) => x % 2),
      8,
    ),
  ).toBeCloseTo(0.5, 6);
});

test('detail does not change with brightness and grows with contrast', () => {
  fc.assert(
    fc.property(
      fc.array(fc.float({ min: -1, max: 1, noNaN: true }), { minLength: 48, maxLength: 48 }),
      (values) => {
        const frame = Float32Array.from(values);
        const detail = detailOf(frame, 4);
        expect(
          detailOf(
            frame.map((x) => x + 0.5),
            4,
          ),
        ).toBeCloseTo(detail, 4);
        expect(
          detailOf(
            frame.map((x) => 2 * x),
            4,
          ),
        ).toBeCloseTo(2 * detail, 4);
      },
    ),
  );
});
