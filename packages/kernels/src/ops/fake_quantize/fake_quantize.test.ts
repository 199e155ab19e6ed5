import { GraphBuilder } from '@snowglobe/graph';
import { createReferenceExecutor } from '@snowglobe/runtime';
import type { KernelCase } from '@snowglobe/runtime/testing';
import { checkKernel, evaluate, f32, randomData } from '@snowglobe/runtime/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gradients } from '../../gradients.js';
import { pointwise } from '../pointwise/pointwise.js';
import { sum } from '../reduce/reduce.js';
import { fakeQuantize } from './fake_quantize.js';

describe('fakeQuantize', () => {
  it.each([
    { shape: [64, 5], bits: 4, group: 32, zeroPoints: false },
    { shape: [70, 33], bits: 4, group: 32, zeroPoints: true },
    { shape: [3, 3, 7, 9], bits: 8, group: 64, zeroPoints: false },
    { shape: [20, 4], bits: 2, group: 16, zeroPoints: true },
    { shape: [40, 3], bits: 8, group: 64, zeroPoints: true },
  ] as const)('agrees on every executor: %j', async ({ shape, ...format }) => {
    await checkKernel({
      inputs: { weights: f32(...shape) },
      build: ({ weights }) => fakeQuantize(weights!, format),
    });
  });

  it('leaves a group of zeros zero, and keeps tiny and huge weights, on every executor', async () => {
    for (const zeroPoints of [false, true]) {
      for (const size of [0, 1e-30, 1e-8, 1e-6, 1e-4, 1e4, 1e30]) {
        const data = Float32Array.from({ length: 32 }, (_, i) => size * Math.sin(1 + i));
        const testCase: KernelCase = {
          inputs: { weights: { ...f32(32, 1), data } },
          build: ({ weights }) =>
            // Compared in units of the weights, so that tiny ones cannot pass as zeros.
            pointwise.mul(fakeQuantize(weights!, { bits: 4, group: 32, zeroPoints }), size ? 1 / size : 1),
        };
        await checkKernel(testCase);
        const rounded = (await evaluate(testCase))['0'] as Float32Array;
        rounded.forEach((value, i) =>
          expect(Math.abs(value - (size && Math.sin(1 + i)))).toBeLessThanOrEqual(0.5 / 7 + 1e-3),
        );
      }
    }
  });

  it('is off by half a step of the group at most, and has no more values than the bits allow', async () => {
    const numbers = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true, min: -100, max: 100 }), {
      minLength: 32,
      maxLength: 32,
    });
    await fc.assert(
      fc.asyncProperty(numbers, fc.constantFrom(2, 4, 8), fc.boolean(), async (values, bits, zeroPoints) => {
        const data = Float32Array.from(values);
        const result = await evaluate({
          inputs: { weights: { ...f32(32, 1), data } },
          build: ({ weights }) => fakeQuantize(weights!, { bits: bits as 2 | 4 | 8, group: 32, zeroPoints }),
        });
        const rounded = [...(result['0'] as Float32Array)];
        const [least, most] = [Math.min(0, ...data), Math.max(0, ...data)];
        const step = zeroPoints
          ? (most - least) / (2 ** bits - 1)
          : Math.max(most, -least) / (2 ** (bits - 1) - 1);
        // The scale is rounded to nine bits or more, and its own rounding is multiplied by the steps.
        const bound = step * (0.5 + 2 ** bits * 2 ** -9);
        rounded.forEach((value, i) => expect(Math.abs(value - data[i]!)).toBeLessThanOrEqual(bound));
        expect(new Set(rounded).size).toBeLessThanOrEqual(2 ** bits);
      }),
      { numRuns: 60 },
    );
  });

  it('lets the gradient through as it is', async () => {
    const builder = new GraphBuilder();
    const w = builder.input('w', [32, 2]);
    const rounded = fakeQuantize(w, { bits: 4, group: 32, zeroPoints: false });
    const target = builder.input('target', [32, 2]);
    const loss = sum(pointwise.square(pointwise.sub(rounded, target)));
    builder.output('rounded', rounded);
    builder.output('gradient', gradients(loss, [w])[0]!);
    const spec = { shape: [32, 2], dtype: 'f32' } as const;
    const inputs = { w: randomData(spec, 1), target: randomData(spec, 2) };
    const run = await (await createReferenceExecutor().compile(builder.build())).run(inputs);
    run['gradient']!.forEach((value, i) => {
      expect(value).toBeCloseTo(2 * (run['rounded']![i]! - inputs.target[i]!), 5);
    });
  });

  it.each([
    ['bits', { bits: 3 as 4, group: 32 }, '3 bits in groups of 32'],
    ['group', { bits: 4 as const, group: 24 }, '4 bits in groups of 24'],
  ])('refuses %s that no format has', (_, format, message) => {
    const builder = new GraphBuilder();
    expect(() => fakeQuantize(builder.input('w', [32, 2]), { ...format, zeroPoints: false })).toThrow(
      message,
    );
  });
});
