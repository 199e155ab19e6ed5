import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { broadcastShapes, broadcastStrides, normalizeAxis, sizeOf, stridesOf } from './shape.js';

const shape = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 4 });

describe('shapes', () => {
  it('strides step over exactly the inner elements', () => {
    fc.assert(
      fc.property(shape, (dims) => {
        const strides = stridesOf(dims);
        const last = dims.reduce((offset, dim, axis) => offset + (dim - 1) * strides[axis]!, 0);
        expect(last).toBe(sizeOf(dims) - 1);
      }),
    );
  });

  it('broadcasting is symmetric, and a shape broadcasts with any of its axes set to 1', () => {
    fc.assert(
      fc.property(shape, fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), (dims, flags) => {
        const ones = dims.map((dim, axis) => (flags[axis] ? 1 : dim));
        expect(broadcastShapes('op', [dims, ones])).toEqual(dims);
        expect(broadcastShapes('op', [ones, dims])).toEqual(dims);
        const strides = broadcastStrides(ones, dims);
        ones.forEach((dim, axis) => dim === 1 && expect(strides[axis]).toBe(0));
      }),
    );
  });

  it('counts negative axes from the end', () => {
    expect(normalizeAxis('op', -1, 3)).toBe(2);
    expect(() => normalizeAxis('op', 3, 3)).toThrow(
      /axis 3 does not exist in a tensor of rank 3; use -3 to 2/,
    );
  });
});
