import { GraphBuilder } from '@snowglobe/graph';
import { checkGradient, checkKernel, evaluate, f32 } from '@snowglobe/runtime/testing';
import { describe, expect, it } from 'vitest';
import { conv2d } from './conv2d.js';

describe('conv2d', () => {
  it.each([
    { picture: [1, 1, 1, 1], size: 3, outputs: 1 },
    { picture: [2, 5, 7, 3], size: 3, outputs: 5 },
    { picture: [1, 8, 8, 4], size: 3, outputs: 8 },
    { picture: [2, 4, 6, 6], size: 1, outputs: 3 },
    { picture: [1, 6, 9, 2], size: 5, outputs: 4 },
  ])(
    'agrees on every executor at $picture, size $size, with gradients',
    async ({ picture, size, outputs }) => {
      const testCase = {
        inputs: { x: f32(...picture), filter: f32(size, size, picture[3]!, outputs), bias: f32(outputs) },
        build: ({ x, filter, bias }: any) => conv2d(x, filter, { bias }),
      };
      await checkKernel(testCase);
      await checkGradient(testCase);
    },
  );

  it('differentiates its own gradient, which convolves with the turned filter', async () => {
    const { conv2dOp } = await import('./conv2d.js');
    await checkGradient({
      inputs: { g: f32(1, 4, 5, 3), filter: f32(3, 3, 2, 3) },
      build: ({ g, filter }) => g!.builder.apply(conv2dOp, [g!, filter!], { transposed: true })[0]!,
    });
  });

  it('shifts a picture with a filter that is one at a corner', async () => {
    const x = { ...f32(1, 2, 3, 1), data: Float32Array.of(1, 2, 3, 4, 5, 6) };
    const filter = { ...f32(3, 3, 1, 1), data: Float32Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0) };
    const result = await evaluate({ inputs: { x, filter }, build: ({ x, filter }) => conv2d(x!, filter!) });
    // The result at (y, x) is the picture at (y − 1, x − 1).
    expect([...result['0']!]).toEqual([0, 0, 0, 0, 1, 2]);
  });

  it('says which channels do not fit', () => {
    const builder = new GraphBuilder();
    expect(() => conv2d(builder.input('x', [1, 4, 4, 3]), builder.input('f', [3, 3, 2, 8]))).toThrow(
      /picture \(1, 4, 4, 3\) and filter \(3, 3, 2, 8\): 3 channels meet 2/,
    );
  });
});
