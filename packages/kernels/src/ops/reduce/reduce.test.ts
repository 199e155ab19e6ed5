import { GraphBuilder } from '@snowglobe/graph';
import { checkGradient, checkKernel, evaluate, f32 } from '@snowglobe/runtime/testing';
import { describe, expect, it } from 'vitest';
import { argmax, maxOver, mean, sum } from './reduce.js';

describe('reductions', () => {
  it.each([
    [[5], 0],
    [[3, 4], 0],
    [[3, 4], 1],
    [
      [2, 3, 4],
      [0, 2],
    ],
    [[2, 300], 1],
    [[257, 3], 0],
    [[2, 3, 4], undefined],
  ] as const)('sum, mean and max of %j over %j, with gradients', async (shape, axes) => {
    const testCase = {
      inputs: { x: f32(...shape) },
      build: ({ x }: any) => [sum(x, axes), mean(x, axes, { keepDimensions: true }), maxOver(x, axes)],
    };
    await checkKernel(testCase);
    await checkGradient(testCase);
  });

  it('argmax takes the lowest index on ties', async () => {
    const x = { ...f32(3, 4), data: Float32Array.of(1, 3, 3, 0, 5, 5, 5, 5, -2, -1, -3, -1) };
    await checkKernel({ inputs: { x }, build: ({ x }) => argmax(x!) });
    const result = await evaluate({ inputs: { x }, build: ({ x }) => argmax(x!) });
    expect([...result['0']!]).toEqual([1, 0, 1]);
  });

  it('refuses an axis that does not exist', () => {
    const x = new GraphBuilder().input('x', [2, 3]);
    expect(() => sum(x, 2)).toThrow(/axis 2 does not exist in a tensor of rank 2/);
  });
});
