import { GraphBuilder } from '@snowglobe/graph';
import { checkGradient, checkKernel, checkVariants, evaluate, f32 } from '@snowglobe/runtime/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logSoftmax, softmax } from './softmax.js';

const functions = { softmax, logSoftmax } as const;

describe.each(['softmax', 'logSoftmax'] as const)('%s', (name) => {
  const build = ({ x }: Record<string, any>) => functions[name](x);

  it.each([[[1]], [[7]], [[3, 4]], [[5, 13]], [[2, 3, 64]], [[67, 8]], [[2, 259]], [[3, 1024]]])(
    'of %j, with its gradient',
    async (shape) => {
      await checkKernel({ inputs: { x: f32(...shape) }, build });
      await checkGradient({ inputs: { x: f32(...shape) }, build });
    },
  );

  it.each([[[3, 4]], [[2, 259]], [[3, 1024]]])('of %j agrees in every variant', async (shape) => {
    await checkVariants({ inputs: { x: f32(...shape) }, build }, name);
  });

  it('does not overflow on logits of any size', async () => {
    const x = {
      ...f32(3, 4),
      data: Float32Array.of(1e4, 1e4, -1e4, 0, -1e30, 5, 5, 3, -2e4, -1e4, -3e4, -1e4),
    };
    await checkKernel({ inputs: { x }, build });
  });
});

describe('softmax', () => {
  it('sums to 1, whatever is added to a row', async () => {
    const row = fc.array(fc.float({ min: -30, max: 30, noNaN: true }), { minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(row, fc.integer({ min: -50, max: 50 }), async (values, shift) => {
        const run = async (offset: number): Promise<number[]> => {
          const data = Float32Array.from(values, (value) => value + offset);
          const x = { ...f32(values.length), data };
          return [...(await evaluate({ inputs: { x }, build: ({ x }) => softmax(x!) }))['0']!];
        };
        const [plain, shifted] = [await run(0), await run(shift)];
        expect(plain.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
        plain.forEach((p, i) => expect(shifted[i]).toBeCloseTo(p, 4));
      }),
      { numRuns: 30 },
    );
  });

  it('refuses scalars and integers', () => {
    const builder = new GraphBuilder();
    expect(() => softmax(builder.input('scalar', []))).toThrow(/softmax: the scalar \(\) has no last axis/);
    expect(() => logSoftmax(builder.input('whole', [2], 'i32'))).toThrow(
      /logSoftmax: needs f32, got i32 \(2\)/,
    );
  });
});
