import { checkGradient, checkKernel, evaluate, f32 } from '@snowglobe/runtime/testing';
import { expect, it } from 'vitest';
import { flip } from './flip.js';

it('flip reverses one axis on every executor, with its gradient', async () => {
  const x = { ...f32(2, 3), data: Float32Array.of(1, 2, 3, 4, 5, 6) };
  const testCase = { inputs: { x }, build: ({ x }: any) => [flip(x, 1), flip(x, 0)] };
  await checkKernel(testCase);
  await checkGradient(testCase);
  const result = await evaluate(testCase);
  expect([...result['0']!]).toEqual([3, 2, 1, 6, 5, 4]);
  expect([...result['1']!]).toEqual([4, 5, 6, 1, 2, 3]);
});
