import { GraphBuilder } from '@snowglobe/graph';
import { checkGradient, checkKernel, checkVariants, evaluate, f32 } from '@snowglobe/runtime/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conv2d, conv2dFilterGradientOp, conv2dOp } from './conv2d.js';

describe('conv2d', () => {
  it.each([
    { picture: [1, 1, 1, 1], size: 3, outputs: 1 },
    { picture: [2, 5, 7, 3], size: 3, outputs: 5 },
    { picture: [1, 8, 8, 4], size: 3, outputs: 8 },
    { picture: [2, 9, 17, 12], size: 3, outputs: 20 },
    { picture: [1, 16, 16, 16], size: 3, outputs: 64 },
    { picture: [2, 13, 19, 33], size: 3, outputs: 34 },
    { picture: [2, 4, 6, 6], size: 1, outputs: 3 },
    { picture: [1, 6, 9, 2], size: 5, outputs: 4 },
    { picture: [1, 3, 2, 1], size: 9, outputs: 2 },
  ])(
    'agrees on every executor at $picture, size $size, $outputs outputs, with gradients',
    async ({ picture, size, outputs }) => {
      const testCase = {
        inputs: { x: f32(...picture), filter: f32(size, size, picture[3]!, outputs), bias: f32(outputs) },
        build: ({ x, filter, bias }: any) => conv2d(x, filter, { bias }),
      };
      await checkKernel(testCase);
      await checkGradient(testCase);
    },
  );

  it.each([
    { picture: [2, 5, 7, 4], size: 3, outputs: 12 },
    { picture: [1, 3, 2, 8], size: 5, outputs: 4 },
    { picture: [1, 9, 18, 16], size: 3, outputs: 32 },
  ])(
    'agrees in every variant at $picture, size $size, $outputs outputs',
    async ({ picture, size, outputs }) => {
      const ran = await checkVariants(
        {
          inputs: { x: f32(...picture), filter: f32(size, size, picture[3]!, outputs), bias: f32(outputs) },
          build: ({ x, filter, bias }) => conv2d(x!, filter!, { bias: bias! }),
        },
        'conv2d',
      );
      for (const names of ran.values()) expect(names).toContain('registers4x8');
    },
  );

  it('differentiates its own gradients: the turned filter, and the sum over pixels', async () => {
    await checkGradient({
      inputs: { g: f32(1, 4, 5, 3), filter: f32(3, 3, 2, 3) },
      build: ({ g, filter }) => g!.builder.apply(conv2dOp, [g!, filter!], { transposed: true })[0]!,
    });
    await checkGradient({
      inputs: { x: f32(2, 4, 5, 3), g: f32(2, 4, 5, 2) },
      build: ({ x, g }) => x!.builder.apply(conv2dFilterGradientOp, [x!, g!], { size: 3 })[0]!,
    });
  });

  it('is the inner product that its transposed form is the adjoint of', async () => {
    const size = fc.integer({ min: 1, max: 6 });
    await fc.assert(
      fc.asyncProperty(size, size, size, size, async (height, width, inputs, outputs) => {
        const result = await evaluate({
          inputs: {
            x: f32(1, height, width, inputs),
            filter: f32(3, 3, inputs, outputs),
            y: f32(1, height, width, outputs),
          },
          build: ({ x, filter, y }) => [
            conv2d(x!, filter!),
            y!,
            y!.builder.apply(conv2dOp, [y!, filter!], { transposed: true })[0]!,
            x!,
          ],
        });
        const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
          Array.from(a).reduce((sum, value, i) => sum + value * b[i]!, 0);
        expect(dot(result['0']!, result['1']!)).toBeCloseTo(dot(result['2']!, result['3']!), 3);
      }),
      { numRuns: 20 },
    );
  });

  it('shifts a picture with a filter that is one at a corner', async () => {
    const x = { ...f32(1, 2, 3, 1), data: Float32Array.of(1, 2, 3, 4, 5, 6) };
    const filter = { ...f32(3, 3, 1, 1), data: Float32Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0) };
    const result = await evaluate({ inputs: { x, filter }, build: ({ x, filter }) => conv2d(x!, filter!) });
    // The result at (y, x) is the picture at (y − 1, x − 1).
    expect([...result['0']!]).toEqual([0, 0, 0, 0, 1, 2]);
  });

  it('says what does not fit', () => {
    const builder = new GraphBuilder();
    const x = builder.input('x', [1, 4, 4, 3]);
    expect(() => conv2d(x, builder.input('f', [3, 3, 2, 8]))).toThrow(
      /picture \(1, 4, 4, 3\) and filter \(3, 3, 2, 8\): 3 channels meet 2/,
    );
    expect(() => conv2d(x, builder.input('even', [2, 2, 3, 8]))).toThrow(/with k odd; reshape or pad it/);
    expect(() =>
      conv2d(builder.input('whole', [1, 4, 4, 3], 'i32'), builder.input('f3', [3, 3, 3, 8])),
    ).toThrow(/they are i32, f32; convert with toF32/);
    expect(() => conv2d(x, builder.input('g', [3, 3, 3, 8]), { bias: builder.input('b', [3]) })).toThrow(
      /the bias is \(3\); give it \(8\)/,
    );
    const other = builder.input('other', [1, 4, 5, 3]);
    expect(() => builder.apply(conv2dFilterGradientOp, [x, other], { size: 3 })).toThrow(
      /conv2dFilterGradient: pictures \(1, 4, 4, 3\) and \(1, 4, 5, 3\) differ/,
    );
  });
});
