import { GraphBuilder } from '@snowglobe/graph';
import { checkGradient, checkKernel, evaluate, f32, i32 } from '@snowglobe/runtime/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crossEntropy } from './cross_entropy.js';

const build = ({ logits, targets }: Record<string, any>) => crossEntropy(logits, targets);

describe('crossEntropy', () => {
  it.each([[[1, 1]], [[3, 5]], [[2, 3, 8]], [[67, 12]], [[5, 1000]], [[2, 259]], [[7]]])(
    'of logits %j, with its gradient',
    async (shape) => {
      const rows = shape.slice(0, -1);
      const count = rows.reduce((product, dim) => product * dim, 1);
      const targets = Array.from({ length: count }, (_, i) => (i * 5 + 2) % shape.at(-1)!);
      const testCase = { inputs: { logits: f32(...shape), targets: i32(rows, targets) }, build };
      await checkKernel(testCase);
      await checkGradient(testCase);
    },
  );

  it('is 0 where the target is certain, and finite where it is impossible', async () => {
    const logits = { ...f32(3, 4), data: Float32Array.of(0, 500, 0, 0, 300, 0, 0, 0, -1e30, 0, 0, -1e30) };
    const inputs = { logits, targets: i32([3], [1, 3, 2]) };
    await checkKernel({ inputs, build });
    const { '0': loss } = await evaluate({ inputs, build });
    [0, 300, Math.log(2)].forEach((value, row) => expect(loss![row]).toBeCloseTo(value, 4));
  });

  it('is log V for equal logits', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 300 }), fc.integer(), async (classes, pick) => {
        const target = ((pick % classes) + classes) % classes;
        const logits = { ...f32(1, classes), data: new Float32Array(classes).fill(3.25) };
        const { '0': loss } = await evaluate({ inputs: { logits, targets: i32([1], [target]) }, build });
        expect(loss![0]).toBeCloseTo(Math.log(classes), 5);
      }),
      { numRuns: 30 },
    );
  });

  it('refuses operands that do not align', () => {
    const builder = new GraphBuilder();
    const logits = builder.input('logits', [4, 9]);
    expect(() => crossEntropy(logits, builder.input('targets', [5], 'i32'))).toThrow(
      /crossEntropy: logits \(4, 9\) and targets \(5\) do not align/,
    );
    expect(() => crossEntropy(logits, builder.input('floats', [4]))).toThrow(/targets f32; give f32 and i32/);
  });
});
