import { GraphBuilder } from '@snowglobe/graph';
import { checkGradient, checkKernel, checkVariants, f32, hasFeature } from '@snowglobe/runtime/testing';
import { describe, expect, it } from 'vitest';
import { matmul } from './matmul.js';

const both = [false, true];

describe('matmul', () => {
  it.each([
    [1, 1, 1],
    [1, 65, 50],
    [3, 4, 5],
    [8, 31, 16],
    [8, 65, 33],
    [33, 1, 50],
    [33, 31, 5],
    [33, 65, 16],
    [70, 36, 40],
  ])('(%i x %i, %i deep) agrees on every executor', async (m, n, k) => {
    await checkKernel({
      inputs: { a: f32(m, k), b: f32(k, n), bias: f32(n) },
      build: ({ a, b, bias }) => matmul(a!, b!, { bias: bias! }),
    });
  });

  const cases = both.flatMap((transposeA) =>
    both.flatMap((transposeB) =>
      [
        { batch: [], shared: true },
        { batch: [3], shared: true },
        { batch: [2, 2], shared: false },
      ].map((rest) => ({ transposeA, transposeB, ...rest })),
    ),
  );
  it.each(cases)(
    'reads transposed operands, with gradients: %j',
    async ({ transposeA, transposeB, batch, shared }) => {
      const a = transposeA ? [...batch, 6, 5] : [...batch, 5, 6];
      const bMatrix = transposeB ? [7, 6] : [6, 7];
      const testCase = {
        inputs: { a: f32(...a), b: f32(...(shared ? bMatrix : [...batch, ...bMatrix])) },
        build: ({ a: x, b: y }: any) => matmul(x, y, { transposeA, transposeB }),
      };
      await checkKernel(testCase);
      await checkGradient(testCase);
    },
  );

  it.each([
    { m: 1, n: 12, k: 8 },
    { m: 5, n: 36, k: 20 },
    { m: 70, n: 68, k: 40 },
    { m: 9, n: 16, k: 7 },
    { m: 1, n: 20, k: 300 },
    { m: 6, n: 12, k: 129 },
  ])('agrees in every variant: %j', async ({ m, n, k }) => {
    for (const [transposeA, transposeB] of [
      [false, false],
      [false, k % 4 === 0],
      [m % 4 === 0, false],
    ] as const) {
      const ran = await checkVariants(
        {
          inputs: {
            a: f32(2, ...(transposeA ? [k, m] : [m, k])),
            b: f32(2, ...(transposeB ? [n, k] : [k, n])),
            bias: f32(n),
          },
          build: ({ a, b, bias }) => matmul(a!, b!, { transposeA, transposeB, bias: bias! }),
        },
        'matmul',
      );
      for (const [device, names] of ran) {
        expect(names.filter((name) => /registers/.test(name))).not.toEqual([]);
        if (k >= 64 && (await hasFeature(device, 'subgroups')) && !transposeA)
          expect(names).toContain('subgroup1x8');
      }
    }
  });

  it('agrees in every variant with a transposed first operand', async () => {
    await checkVariants(
      {
        inputs: { a: f32(3, 20, 12), b: f32(20, 24) },
        build: ({ a, b }) => matmul(a!, b!, { transposeA: true }),
      },
      'matmul',
    );
  });

  it('takes a batch larger than a dimension of workgroups', async () => {
    const batch = 70_000;
    const data = Float32Array.from({ length: batch }, (_, i) => (i % 1000) - 500);
    await checkKernel({
      inputs: { a: { ...f32(batch, 1, 1), data }, b: { ...f32(batch, 1, 1), data: data.map((x) => x + 3) } },
      build: ({ a, b }) => matmul(a!, b!),
    });
    await checkVariants(
      { inputs: { a: f32(batch, 9, 1), b: f32(1, 3) }, build: ({ a, b }) => matmul(a!, b!) },
      'matmul',
    );
  });

  it('sums the gradient of the bias over rows', async () => {
    await checkGradient({
      inputs: { a: f32(2, 5, 3), b: f32(3, 4), bias: f32(4) },
      build: ({ a, b, bias }) => matmul(a!, b!, { bias: bias! }),
    });
  });

  it('says which shapes do not align, and what to do', () => {
    const builder = new GraphBuilder();
    const a = builder.input('a', [2, 3]);
    expect(() => matmul(a, builder.input('b', [4, 5]))).toThrow(
      'matmul: shapes (2, 3) and (4, 5) do not align: 3 columns meet 4 rows; transpose or reshape one.',
    );
    expect(() => matmul(a, builder.input('c', [3, 5]), { bias: builder.input('d', [4]) })).toThrow(
      /bias is \(4\)/,
    );
  });
});
