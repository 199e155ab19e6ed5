import type { OpDefinition, Tensor } from '@snowglobe/graph';
import { SnowglobeError, formatShape, sameShape, sizeOf } from '@snowglobe/graph';
import { pointwise } from '../pointwise/pointwise.js';
import { sumToShape } from '../reduce/reduce.js';

export interface RmsNormAttributes extends Record<string, unknown> {
  /** Added to the mean square. */
  readonly epsilon: number;
}

/** x (…, C), gain (C)? -> (…, C): x / sqrt(mean(x²) + epsilon) · gain. */
export const rmsNormOp: OpDefinition<RmsNormAttributes> = {
  name: 'rmsNorm',
  infer([x, gain]) {
    const channels = x!.shape.at(-1);
    if (channels === undefined)
      throw new SnowglobeError('rmsNorm: a scalar has no channels; reshape it to (1).');
    if (gain && !sameShape(gain.shape, [channels])) {
      throw new SnowglobeError(
        `rmsNorm: the gain is ${formatShape(gain.shape)} but ${formatShape(x!.shape)} has ${channels} channels; give it (${channels}).`,
      );
    }
    return [{ shape: x!.shape, dtype: 'f32' }];
  },
  flops: ([x]) => 4 * sizeOf(x!.shape),
  gradient({ inputs, outputGradients, attributes, needed }) {
    const [x, gain] = inputs as [Tensor, Tensor | undefined];
    const g = outputGradients[0]!;
    const scaled = gain ? pointwise.mul(g, gain) : g;
    const gradientOfX = needed[0]
      ? x.builder.apply(rmsNormGradientOp, [x, scaled], attributes)[0]!
      : undefined;
    if (!gain) return [gradientOfX];
    const gradientOfGain = needed[1]
      ? sumToShape(pointwise.mul(g, x.builder.apply(rmsNormOp, [x], attributes)[0]!), gain.shape)
      : undefined;
    return [gradientOfX, gradientOfGain];
  },
};

/**
 * x (…, C), g (…, C) -> gradient of x where g is the gradient of the normalised (ungained) result:
 * r·(g − n·mean(g·n)) with n = x·r and r = 1 / sqrt(mean(x²) + epsilon).
 */
export const rmsNormGradientOp: OpDefinition<RmsNormAttributes> = {
  name: 'rmsNormGradient',
  infer: ([x]) => [{ shape: x!.shape, dtype: 'f32' }],
  flops: ([x]) => 8 * sizeOf(x!.shape),
};

/**
 * Root-mean-square norm over the last axis (Zhang & Sennrich 2019): (…, C) -> (…, C).
 * @param gain (C), multiplied onto the result
 * @param epsilon added to the mean square; default 1e-6
 */
export function rmsNorm(x: Tensor, gain?: Tensor, epsilon = 1e-6): Tensor {
  return x.builder.apply(rmsNormOp, gain ? [x, gain] : [x], { epsilon })[0]!;
}
