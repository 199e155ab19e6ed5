import { GraphBuilder } from '@snowglobe/graph';
import { checkKernel, evaluate, f32, randomData } from '@snowglobe/runtime/testing';
import { describe, expect, it } from 'vitest';
import { shiftErrors } from './shift_errors.js';

const attributes = { range: { y: 2, x: 1 }, border: { y: 3, x: 1 } };

describe('shiftErrors', () => {
  it('agrees on every executor', async () => {
    await checkKernel({
      inputs: { previous: f32(3, 11, 8), current: f32(3, 11, 8) },
      build: ({ previous, current }) => shiftErrors(previous!, current!, attributes),
    });
  });

  it('is zero at the shift by which the picture moved, and only there', async () => {
    const [height, width] = [12, 9];
    const previous = randomData(f32(1, height, width), 5) as Float32Array;
    const [dy, dx] = [2, -1];
    const current = previous.map((_, i) => {
      const [y, x] = [Math.floor(i / width) + dy, (i % width) + dx];
      return y < height && x >= 0 ? previous[y * width + x]! : 9;
    });
    const result = await evaluate({
      inputs: {
        previous: { ...f32(1, height, width), data: previous },
        current: { ...f32(1, height, width), data: current },
      },
      build: ({ previous, current }) => shiftErrors(previous!, current!, attributes),
    });
    const errors = [...result['0']!];
    const expected = (dy + 2) * 3 + (dx + 1);
    expect(errors[expected]).toBe(0);
    expect(errors.filter((error) => error < 0.1)).toHaveLength(1);
  });

  it('refuses borders that the shifts reach over', () => {
    const builder = new GraphBuilder();
    const picture = builder.input('picture', [1, 8, 8]);
    expect(() => shiftErrors(picture, picture, { range: { y: 2, x: 2 }, border: { y: 1, x: 2 } })).toThrow(
      /leave nothing to compare with shifts of 2x2 and borders of 1x2/,
    );
  });
});
