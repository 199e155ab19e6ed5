import type { OpDefinition, Tensor, TensorSpec } from '@snowglobe/graph';
import { SnowglobeError, formatShape, sameShape, sizeOf } from '@snowglobe/graph';
import type { MotionAttributes } from './tiles.js';
import { shiftsShape, tileGrid } from './tiles.js';

function checkFrame(op: string, what: string, { shape, dtype }: TensorSpec): void {
  if (shape.length !== 4 || dtype !== 'f32') {
    throw new SnowglobeError(`${op}: ${what} is ${dtype} ${formatShape(shape)}; pass f32 (B, H, W, C).`);
  }
}

function checkWeights(
  op: string,
  weights: TensorSpec,
  frame: TensorSpec,
  attributes: MotionAttributes,
): void {
  const shape = shiftsShape(tileGrid(op, frame, attributes));
  if (!sameShape(weights.shape, shape) || weights.dtype !== 'f32') {
    throw new SnowglobeError(
      `${op}: weights ${weights.dtype} ${formatShape(weights.shape)} do not fit a frame ${formatShape(frame.shape)} with ` +
        `radius ${attributes.radius} and tile ${attributes.tile}; pass f32 ${formatShape(shape)}.`,
    );
  }
}

/** A multiply-add a shift, pixel and channel. */
const flops = (frame: TensorSpec, { radius }: MotionAttributes): number =>
  2 * (2 * radius + 1) ** 2 * sizeOf(frame.shape);

/** Inputs frame and weights. */
export const warpOp: OpDefinition<MotionAttributes> = {
  name: 'warp',
  infer([frame, weights], attributes) {
    checkFrame('warp', 'the frame', frame!);
    checkWeights('warp', weights!, frame!, attributes);
    return [{ shape: frame!.shape, dtype: 'f32' }];
  },
  flops: ([frame], _, attributes) => flops(frame!, attributes),
  gradient({ inputs, outputGradients, attributes, needed }) {
    const [frame, weights] = inputs as [Tensor, Tensor];
    const gradient = outputGradients[0]!;
    const apply = (op: OpDefinition<MotionAttributes>, operand: Tensor): Tensor =>
      frame.builder.apply(op, [operand, gradient], attributes)[0]!;
    return [
      needed[0] ? apply(warpFrameGradientOp, weights) : undefined,
      needed[1] ? apply(warpWeightsGradientOp, frame) : undefined,
    ];
  },
};

/** Inputs weights and the gradient of the warped frame; output the gradient of the frame. */
export const warpFrameGradientOp: OpDefinition<MotionAttributes> = {
  name: 'warpFrameGradient',
  infer([weights, gradient], attributes) {
    checkFrame('warpFrameGradient', 'the gradient', gradient!);
    checkWeights('warpFrameGradient', weights!, gradient!, attributes);
    return [{ shape: gradient!.shape, dtype: 'f32' }];
  },
  flops: ([, gradient], _, attributes) => flops(gradient!, attributes),
};

/** Inputs the frame and the gradient of the warped frame; output the gradient of the weights. */
export const warpWeightsGradientOp: OpDefinition<MotionAttributes> = {
  name: 'warpWeightsGradient',
  infer([frame, gradient], attributes) {
    checkFrame('warpWeightsGradient', 'the frame', frame!);
    if (!sameShape(frame!.shape, gradient!.shape)) {
      throw new SnowglobeError(
        `warpWeightsGradient: frame ${formatShape(frame!.shape)} and gradient ${formatShape(gradient!.shape)} differ; ` +
          'pass those of the same warp.',
      );
    }
    return [{ shape: shiftsShape(tileGrid('warpWeightsGradient', frame!, attributes)), dtype: 'f32' }];
  },
  flops: ([frame], _, attributes) => flops(frame!, attributes),
};

/**
 * Moves a frame tile by tile: each pixel becomes the sum over shifts (dy, dx) of its tile's weight times the frame's
 * pixel at (y + dy, x + dx). Beyond its border a frame repeats its outermost pixels. With weights that sum to one
 * (a softmax over shifts) this is the kernel prediction of Finn, Goodfellow & Levine 2016, shared within a tile.
 *
 * @param frame (B, H, W, C)
 * @param weights (B, tiles, shifts), ordered as `shiftCosts` orders its result
 * @param radius largest shift in pixels along each axis
 * @param tile side of the tiles in pixels; divides H and W
 * @returns (B, H, W, C)
 */
export function warp(
  frame: Tensor,
  weights: Tensor,
  { radius, tile }: { readonly radius: number; readonly tile: number },
): Tensor {
  return frame.builder.apply(warpOp, [frame, weights], { radius, tile })[0]!;
}
