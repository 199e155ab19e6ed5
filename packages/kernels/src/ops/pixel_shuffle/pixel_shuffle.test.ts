import { GraphBuilder } from '@snowglobe/graph';
import { checkGradient, checkKernel, evaluate, f32 } from '@snowglobe/runtime/testing';
import { describe, expect, it } from 'vitest';
import { depthToSpace, spaceToDepth } from './pixel_shuffle.js';

describe('pixel shuffle', () => {
  it.each([
    { picture: [2, 4, 6, 3], block: 2 },
    { picture: [1, 2, 2, 1], block: 2 },
    { picture: [1, 9, 3, 5], block: 3 },
    { picture: [2, 8, 4, 16], block: 4 },
    { picture: [1, 3, 2, 4], block: 1 },
  ])(
    'agrees on every executor at $picture in blocks of $block, with gradients',
    async ({ picture, block }) => {
      const [batch, height, width, channels] = picture as [number, number, number, number];
      const testCase = {
        inputs: { x: f32(...picture), y: f32(batch, height, width, channels * block * block) },
        build: ({ x, y }: any) => [spaceToDepth(x, block), depthToSpace(y, block)],
      };
      await checkKernel(testCase);
      await checkGradient(testCase);
    },
  );

  it('orders the channels of a square by row, then column', async () => {
    const x = { ...f32(1, 2, 4, 1), data: Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7) };
    const result = await evaluate({ inputs: { x }, build: ({ x }) => spaceToDepth(x!, 2) });
    expect([...result['0']!]).toEqual([0, 1, 4, 5, 2, 3, 6, 7]);
  });

  it('is undone by its inverse', async () => {
    const x = { ...f32(1, 6, 9, 2), data: Float32Array.from({ length: 108 }, (_, i) => i) };
    const result = await evaluate({ inputs: { x }, build: ({ x }) => depthToSpace(spaceToDepth(x!, 3), 3) });
    expect(result['0']).toEqual(x.data);
  });

  it('refuses sides that do not divide', () => {
    const x = new GraphBuilder().input('x', [1, 5, 4, 3]);
    expect(() => spaceToDepth(x, 2)).toThrow(/\(1, 5, 4, 3\) are not multiples of 2/);
    expect(() => depthToSpace(x, 2)).toThrow(/3 channels of \(1, 5, 4, 3\) do not divide into 2x2/);
  });
});
