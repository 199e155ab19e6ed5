import type { OpDefinition, Tensor, TensorSpec } from '@snowglobe/graph';
import { SnowglobeError, sizeOf } from '@snowglobe/graph';
import { formatShape, sameShape } from '@snowglobe/graph/internal';

export interface RmsNormAttributes extends Record<string, unknown> {
  /** Added to the mean square, so that a row of zeros stays zero. */
  readonly epsilon: number;
}

export type NoAttributes = Record<never, never>;

function checkOperands(name: string, x: TensorSpec, gain: TensorSpec | undefined): void {
  if (x.dtype !== 'f32' || (gain && gain.dtype !== 'f32')) {
    throw new SnowglobeError(
      `${name}: needs f32, got ${(x.dtype === 'f32' ? gain! : x).dtype}; convert with toF32.`,
    );
  }
  if (x.shape.length === 0) {
    throw new SnowglobeError(
      `${name}: the scalar ${formatShape(x.shape)} has no last axis; reshape it to (1).`,
    );
  }
  const channels = x.shape.at(-1)!;
  if (gain && !sameShape(gain.shape, [channels])) {
    throw new SnowglobeError(
      `${name}: a gain of ${formatShape(gain.shape)} does not fit ${formatShape(x.shape)}; give it the shape (${channels}).`,
    );
  }
}

/** Shape of one number a row: the last axis kept with length 1. */
const rowShape = (shape: readonly number[]): readonly number[] => [...shape.slice(0, -1), 1];

/**
 * x, gain? -> y = x · r · gain and r = 1 / sqrt(mean(x²) + epsilon), which the gradient reads. r itself has no
 * derivative here: nothing outside this file sees it.
 */
export const rmsNormOp: OpDefinition<RmsNormAttributes> = {
  name: 'rmsNorm',
  infer([x, gain], { epsilon }) {
    checkOperands('rmsNorm', x!, gain);
    if (!(epsilon > 0)) {
      throw new SnowglobeError(`rmsNorm: epsilon ${epsilon} must be positive; 1e-6 is usual.`);
    }
    return [
      { shape: x!.shape, dtype: 'f32' },
      { shape: rowShape(x!.shape), dtype: 'f32' },
    ];
  },
  flops: ([x, gain]) => (gain ? 4 : 3) * sizeOf(x!.shape),
  gradient({ inputs, outputs, outputGradients, needed }) {
    const [x, gain] = inputs as [Tensor, Tensor | undefined];
    const r = outputs[1]!;
    const g = outputGradients[0]!;
    const { builder } = x;
    return [
      needed[0] ? builder.apply(rmsNormGradientOp, gain ? [x, r, g, gain] : [x, r, g], {})[0] : undefined,
      ...(gain ? [needed[1] ? builder.apply(rmsNormGainGradientOp, [x, r, g], {})[0] : undefined] : []),
    ];
  },
};

/** x, r, g, gain? -> r · (g·gain − x · r² · mean(g·gain·x)), the gradient with respect to x. */
export const rmsNormGradientOp: OpDefinition<NoAttributes> = {
  name: 'rmsNormGradient',
  infer([x, r, g, gain]) {
    checkOperands('rmsNormGradient', x!, gain);
    checkGradientOperands('rmsNormGradient', x!, r!, g!);
    return [{ shape: x!.shape, dtype: 'f32' }];
  },
  flops: ([x, , , gain]) => (gain ? 6 : 5) * sizeOf(x!.shape),
};

/** x, r, g -> Σ over rows of g · x · r, the gradient with respect to the gain. */
export const rmsNormGainGradientOp: OpDefinition<NoAttributes> = {
  name: 'rmsNormGainGradient',
  infer([x, r, g]) {
    checkOperands('rmsNormGainGradient', x!, undefined);
    checkGradientOperands('rmsNormGainGradient', x!, r!, g!);
    return [{ shape: [x!.shape.at(-1)!], dtype: 'f32' }];
  },
  flops: ([x]) => 3 * sizeOf(x!.shape),
};

function checkGradientOperands(name: string, x: TensorSpec, r: TensorSpec, g: TensorSpec): void {
  if (!sameShape(x.shape, g.shape) || !sameShape(r.shape, rowShape(x.shape))) {
    throw new SnowglobeError(
      `${name}: shapes ${formatShape(x.shape)}, ${formatShape(r.shape)} and ${formatShape(g.shape)} do not belong ` +
        `together; take x, r and the gradient from one rmsNorm.`,
    );
  }
}

/**
 * Root-mean-square norm over the last axis: x / sqrt(mean(x²) + epsilon) · gain, (…, C) -> (…, C).
 * Zhang & Sennrich, "Root Mean Square Layer Normalization", 2019.
 *
 * @param gain (C), learned scale of each channel; left out, none
 * @param epsilon default 1e-6
 * @throws SnowglobeError when the gain's shape is not (C).
 */
export function rmsNorm(x: Tensor, gain?: Tensor, epsilon = 1e-6): Tensor {
  return x.builder.apply(rmsNormOp, gain ? [x, gain] : [x], { epsilon })[0]!;
}
