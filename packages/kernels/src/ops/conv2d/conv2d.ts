import type { OpDefinition, Tensor, TensorSpec } from '@snowglobe/graph';
import { SnowglobeError, sizeOf } from '@snowglobe/graph';
import { formatShape, sameShape } from '@snowglobe/graph/internal';
import { sum } from '../reduce/reduce.js';

export interface Conv2dAttributes extends Record<string, unknown> {
  /**
   * Convolve with the filter turned by 180 degrees and its channels exchanged: what the gradient of the operand is. The
   * operand then has the filter's output channels.
   */
  readonly transposed: boolean;
}

/** x (B, H, W, I), filter (k, k, I, O), bias (O)? -> (B, H, W, O), k odd, stride 1, zeros outside. */
export const conv2dOp: OpDefinition<Conv2dAttributes> = {
  name: 'conv2d',
  infer([x, filter, bias], { transposed }) {
    const wrong = (why: string): SnowglobeError =>
      new SnowglobeError(
        `conv2d: picture ${formatShape(x!.shape)} and filter ${formatShape(filter!.shape)}: ${why}.`,
      );
    const types = [x, filter, bias].flatMap((operand) => operand?.dtype ?? []);
    if (types.some((type) => type !== 'f32')) throw wrong(`they are ${types.join(', ')}; convert with toF32`);
    if (x!.shape.length !== 4)
      throw wrong('the picture must be (batch, height, width, channels); reshape it');
    const [k, k2, inputs, outputs] = filter!.shape as [number, number, number, number];
    if (filter!.shape.length !== 4 || k !== k2 || k % 2 === 0) {
      throw wrong('the filter must be (k, k, inputs, outputs) with k odd; reshape or pad it');
    }
    const [expected, result] = transposed ? [outputs, inputs] : [inputs, outputs];
    if (x!.shape[3] !== expected)
      throw wrong(`${x!.shape[3]} channels meet ${expected}; use a filter of that many inputs`);
    if (bias && !sameShape(bias.shape, [result]))
      throw wrong(`the bias is ${formatShape(bias.shape)}; give it (${result})`);
    return [{ shape: [...x!.shape.slice(0, 3), result], dtype: 'f32' }];
  },
  flops: ([x, filter]) => 2 * sizeOf(x!.shape.slice(0, 3)) * sizeOf(filter!.shape),
  gradient({ inputs, outputGradients, attributes: { transposed }, needed }) {
    const [x, filter, bias] = inputs as [Tensor, Tensor, Tensor | undefined];
    const g = outputGradients[0]!;
    // With the transposed filter the roles of the operand and the gradient are exchanged.
    const filterGradient = (): Tensor => {
      const operands = transposed ? [g, x] : [x, g];
      return x.builder.apply(conv2dFilterGradientOp, operands, { size: filter.shape[0]! })[0]!;
    };
    return [
      needed[0] ? x.builder.apply(conv2dOp, [g, filter], { transposed: !transposed })[0]! : undefined,
      needed[1] ? filterGradient() : undefined,
      ...(bias ? [needed[2] ? sum(g, [0, 1, 2]) : undefined] : []),
    ];
  },
};

interface FilterGradientAttributes extends Record<string, unknown> {
  /** k */
  readonly size: number;
}

/** x (B, H, W, I), g (B, H, W, O) -> (k, k, I, O): the sum over all pixels of x, shifted by the tap, times g. */
export const conv2dFilterGradientOp: OpDefinition<FilterGradientAttributes> = {
  name: 'conv2dFilterGradient',
  infer([x, g], { size }) {
    const pixels = (spec: TensorSpec): readonly number[] => spec.shape.slice(0, 3);
    if (x!.shape.length !== 4 || g!.shape.length !== 4 || !sameShape(pixels(x!), pixels(g!))) {
      throw new SnowglobeError(
        `conv2dFilterGradient: pictures ${formatShape(x!.shape)} and ${formatShape(g!.shape)} differ; ` +
          'give both (batch, height, width, channels) of one size.',
      );
    }
    if (!(size > 0 && size % 2 === 1)) {
      throw new SnowglobeError(`conv2dFilterGradient: a filter of side ${size}; use an odd integer.`);
    }
    return [{ shape: [size, size, x!.shape[3]!, g!.shape[3]!], dtype: 'f32' }];
  },
  flops: ([x], [filter]) => 2 * sizeOf(x!.shape.slice(0, 3)) * sizeOf(filter!.shape),
  // The result is linear in both operands: its product with a filter f is that of g with conv2d(x, f).
  gradient({ inputs, outputGradients, needed }) {
    const [x, g] = inputs as [Tensor, Tensor];
    const f = outputGradients[0]!;
    return [
      needed[0] ? x.builder.apply(conv2dOp, [g, f], { transposed: true })[0]! : undefined,
      needed[1] ? x.builder.apply(conv2dOp, [x, f], { transposed: false })[0]! : undefined,
    ];
  },
};

/** Sizes of a convolution, read off specs that were checked. */
export function conv2dShape(inputs: readonly TensorSpec[]) {
  const [batch, height, width, channels] = inputs[0]!.shape as [number, number, number, number];
  return { batch, height, width, channels };
}

/**
 * Two-dimensional convolution (cross-correlation, as is usual) with stride 1 and zero padding that keeps the size:
 * x_BHWC (B, H, W, I), filter (k, k, I, O) with k odd -> (B, H, W, O).
 * @throws SnowglobeError when the channels do not fit.
 */
export function conv2d(x_BHWC: Tensor, filter: Tensor, { bias }: { readonly bias?: Tensor } = {}): Tensor {
  const inputs = bias ? [x_BHWC, filter, bias] : [x_BHWC, filter];
  return x_BHWC.builder.apply(conv2dOp, inputs, { transposed: false })[0]!;
}
