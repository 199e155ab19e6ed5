import { GraphBuilder } from '@snowglobe/graph';
import {
  checkGradient,
  checkKernel,
  checkVariants,
  evaluate,
  f32,
  hasFeature,
} from '@snowglobe/runtime/testing';
import { describe, expect, it } from 'vitest';
import { rmsNorm } from './rms_norm.js';

describe('rmsNorm', () => {
  it.each([[[1]], [[6]], [[3, 5]], [[2, 3, 8]], [[65, 12]], [[130, 3]], [[2, 2, 261]], [[4, 512]]])(
    'of %j with and without a gain, with gradients',
    async (shape) => {
      const plain = { inputs: { x: f32(...shape) }, build: ({ x }: any) => rmsNorm(x) };
      await checkKernel(plain);
      await checkGradient(plain);
      const scaled = {
        inputs: { x: f32(...shape), gain: f32(shape.at(-1)!) },
        build: ({ x, gain }: any) => rmsNorm(x, gain, 0.01),
      };
      await checkKernel(scaled);
      await checkGradient(scaled);
    },
  );

  it.each([[[3, 5]], [[65, 12]], [[2, 2, 261]], [[4, 512]], [[3, 131]]])(
    'of %j agrees in every variant',
    async (shape) => {
      const ran = await checkVariants(
        {
          inputs: { x: f32(...shape), gain: f32(shape.at(-1)!) },
          build: ({ x, gain }: any) => rmsNorm(x, gain),
        },
        'rmsNorm',
      );
      for (const [device, names] of ran) {
        const hasSubgroups = (await hasFeature(device, 'subgroups')) && shape.at(-1)! >= 131;
        expect(names.includes('subgroup32')).toBe(hasSubgroups);
      }
    },
  );

  it('gives rows a root mean square of 1 and keeps a row of zeros', async () => {
    const x = { ...f32(3, 2), data: Float32Array.of(3, 4, 0, 0, -300, 400) };
    const { '0': y } = await evaluate({ inputs: { x }, build: ({ x }) => rmsNorm(x!) });
    const expected = [3, 4, 0, 0, -3, 4].map((value) => value / Math.sqrt(12.5));
    expected.forEach((value, i) => expect(y![i]).toBeCloseTo(value, 4));
    await checkKernel({ inputs: { x }, build: ({ x }) => rmsNorm(x!) });
  });

  it('refuses a gain of another length, scalars and integers', () => {
    const builder = new GraphBuilder();
    const x = builder.input('x', [2, 3]);
    expect(() => rmsNorm(x, builder.input('gain', [4]))).toThrow(
      /rmsNorm: a gain of \(4\) does not fit \(2, 3\); give it the shape \(3\)/,
    );
    expect(() => rmsNorm(builder.input('scalar', []))).toThrow(/rmsNorm: the scalar \(\) has no last axis/);
    expect(() => rmsNorm(builder.input('whole', [3], 'i32'))).toThrow(/rmsNorm: needs f32, got i32/);
    expect(() => rmsNorm(x, undefined, 0)).toThrow(/epsilon 0 must be positive/);
  });
});
