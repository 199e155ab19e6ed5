import { GraphBuilder } from '@snowglobe/graph';
import { checkGradient, checkKernel, f32 } from '@snowglobe/runtime/testing';
import { describe, expect, it } from 'vitest';
import { rmsNorm } from './rms_norm.js';

describe('rmsNorm', () => {
  it.each([[1], [7], [3, 5], [65, 31], [4, 32], [2, 3, 130]])(
    'agrees on every executor at %j, with gradients',
    async (...shape) => {
      const testCase = {
        inputs: { x: f32(...shape), gain: f32(shape.at(-1)!) },
        build: ({ x, gain }: any) => [rmsNorm(x), rmsNorm(x, gain, 1e-3)],
      };
      await checkKernel(testCase);
      // A single channel is normalised to ±1: its derivative is all epsilon, too small for finite differences.
      if (shape.at(-1)! > 1) await checkGradient({ ...testCase, tolerance: { relative: 1e-4 } });
    },
  );

  it('refuses a gain of another width', () => {
    const builder = new GraphBuilder();
    expect(() => rmsNorm(builder.input('x', [2, 4]), builder.input('gain', [3]))).toThrow(
      'rmsNorm: the gain is (3) but (2, 4) has 4 channels; give it (4).',
    );
  });
});
