import type { OpDefinition, Tensor, TensorSpec } from '@snowglobe/graph';
import { SnowglobeError, sizeOf } from '@snowglobe/graph';
import { formatShape } from '@snowglobe/graph/internal';
import type {
  MatmulQuantizedAttributes,
  MatmulQuantizedShape,
  QuantizedWeights,
} from '../matmul_quantized/matmul_quantized.js';
import {
  checkQuantizedOperands,
  matmulQuantizedShape,
  quantizedAttributes,
} from '../matmul_quantized/matmul_quantized.js';

/** Those of the matmul of pixels' surroundings with the filter's taps. */
export interface Conv2dQuantizedAttributes extends MatmulQuantizedAttributes {
  /** Side of the filter, odd. `depth` is size² · channels. */
  readonly size: number;
}

export interface Conv2dQuantizedShape extends MatmulQuantizedShape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** @param inputs checked by the op */
export function conv2dQuantizedShape(
  inputs: readonly TensorSpec[],
  attributes: Conv2dQuantizedAttributes,
): Conv2dQuantizedShape {
  const [batch, height, width, channels] = inputs[0]!.shape as [number, number, number, number];
  const product = matmulQuantizedShape(inputs, attributes);
  return { ...product, m: batch * height * width, height, width, channels };
}

export const conv2dQuantizedOp: OpDefinition<Conv2dQuantizedAttributes> = {
  name: 'conv2dQuantized',
  infer(inputs, attributes) {
    const [x, packed] = inputs as [TensorSpec, TensorSpec];
    const { size, depth } = attributes;
    if (x.dtype !== 'f32' || x.shape.length !== 4) {
      throw new SnowglobeError(
        `conv2dQuantized: the picture is ${x.dtype} ${formatShape(x.shape)}; give it as f32 (batch, height, width, channels).`,
      );
    }
    if (!(size > 0 && size % 2 === 1)) {
      throw new SnowglobeError(`conv2dQuantized: a filter of side ${size}; use an odd integer.`);
    }
    if (depth !== size * size * x.shape[3]!) {
      throw new SnowglobeError(
        `conv2dQuantized: picture ${formatShape(x.shape)} and a filter of ${depth} inputs with side ${size} do not fit; ` +
          `give it ${size * size * x.shape[3]!}.`,
      );
    }
    const shape = [...x.shape.slice(0, 3), packed.shape[0] ?? 0];
    checkQuantizedOperands('conv2dQuantized', inputs, attributes, shape);
    return [{ shape, dtype: 'f32' }];
  },
  flops: (_, [result], { depth }) => 2 * sizeOf(result!.shape) * depth,
};

/**
 * Two-dimensional convolution with a filter in few bits, stride 1 and zero padding that keeps the size: x_BHWC (B, H, W, C) ->
 * (B, H, W, N). The filter (k, k, C, N) is packed as the matrix (k · k · C, N) of its taps. Weights are read as they are
 * packed and never stored in full. It has no derivative, and its operand stays in full precision.
 *
 * @param size k, odd
 * @throws SnowglobeError naming the operand whose shape does not fit
 */
export function conv2dQuantized(
  x_BHWC: Tensor,
  weights: QuantizedWeights,
  size: number,
  { bias }: { readonly bias?: Tensor } = {},
): Tensor {
  const { packed, scales, zeroPoints } = weights;
  const inputs = [x_BHWC, packed, scales, ...(zeroPoints ? [zeroPoints] : []), ...(bias ? [bias] : [])];
  return x_BHWC.builder.apply(conv2dQuantizedOp, inputs, {
    ...quantizedAttributes(weights, size * size * (x_BHWC.shape[3] ?? 0)),
    size,
    activationBits: 32,
    activation: 'none',
    hasResidual: false,
  })[0]!;
}
