import { GraphBuilder } from '@snowglobe/graph';
import { checkGradient, checkKernel, evaluate, f32 } from '@snowglobe/runtime/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { broadcastTo } from '../../ops/broadcast/broadcast.js';
import { concat } from '../../ops/concat/concat.js';
import { pad } from '../../ops/pad/pad.js';
import { reshape } from '../../ops/reshape/reshape.js';
import { slice, split } from '../../ops/slice/slice.js';
import { transpose } from '../../ops/transpose/transpose.js';

const x = { ...f32(2, 3, 4), data: Float32Array.from({ length: 24 }, (_, i) => i) };

describe('reshape, transpose, slice, concat, pad, broadcast', () => {
  it.each<[string, (x: any) => any]>([
    ['reshape', (x) => reshape(x, [4, -1])],
    ['transpose', (x) => transpose(x, [2, 0, 1])],
    ['slice of the outer axis', (x) => slice(x, 0, 1, 2)],
    ['slice of the inner axis', (x) => slice(x, -1, 1, 3)],
    ['split', (x) => split(x, 1, [1, 2])],
    ['concat', (x) => concat([x, slice(x, 1, 0, 2), x], 1)],
    ['concat of whole vectors', (x) => concat([x, slice(x, 1, 0, 2), x], -2)],
    ['concat of single numbers', (x) => concat([slice(x, 2, 0, 1), x, slice(x, 2, 1, 3)], 2)],
    ['concat of more than can be bound at once', (x) => concat(new Array(14).fill(x), 0)],
    ['moving axes of length 1', (x) => transpose(reshape(x, [2, 1, 3, 1, 4]), [3, 0, 2, 1, 4])],
    ['pad', (x) => pad(x, 1, 2, 1)],
    ['pad of the inner axis', (x) => pad(x, 2, 0, 3)],
    ['broadcast', (x) => broadcastTo(reshape(x, [2, 1, 3, 4]), [2, 5, 3, 4])],
  ])('%s agrees on every executor, with its gradient', async (_, apply) => {
    const testCase = { inputs: { x }, build: ({ x }: any) => apply(x) };
    await checkKernel(testCase);
    await checkGradient(testCase);
  });

  it('transposing and transposing back changes nothing', async () => {
    const permutations = fc.shuffledSubarray([0, 1, 2], { minLength: 3, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(permutations, async (permutation) => {
        const back = permutation.map((_, axis) => permutation.indexOf(axis));
        const result = await evaluate({
          inputs: { x },
          build: ({ x }) => transpose(transpose(x!, permutation), back),
        });
        expect(result['0']).toEqual(x.data);
      }),
      { numRuns: 10 },
    );
  });

  it('says what is wrong with a request', () => {
    const tensor = new GraphBuilder().input('x', [2, 3]);
    expect(() => reshape(tensor, [4])).toThrow(/\(2, 3\) holds 6 elements but \(4\) 4/);
    expect(() => slice(tensor, 1, 2, 5)).toThrow(/\[2, 5\) does not lie in axis 1/);
    expect(() => split(tensor, 1, [1, 1])).toThrow(/1 \+ 1 make 2/);
    expect(() => transpose(tensor, [0, 0])).toThrow(/no permutation/);
    expect(() => broadcastTo(tensor, [3, 3])).toThrow(/broadcast/);
  });
});
