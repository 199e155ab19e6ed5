import type { Tensor } from '@snowglobe/graph';
import { pointwise as p, reshape, spaceToDepth } from '@snowglobe/kernels';
import { linear } from '../layers/linear.js';
import { parameter } from '../parameter.js';

/**
 * Shapes: B batch, T frames, N positions of codes, C width, F channels of the features, M numbers of the conditioning vector.
 */

/** What a frame's prediction is conditioned on, before its codes are sampled. */
export interface FrameContext {
  /** (B·T, h, w, F): features at twice the side of the grid of codes. */
  readonly features: Tensor;
  /** (B·T, M): the conditioning vector, such as action and motion. */
  readonly conditioning: Tensor;
}

/** What surrounds the codes: (B, T, N, C). The same in every refinement step of a frame. */
export function embedContext(
  { features, conditioning }: FrameContext,
  [batch, frames]: readonly [number, number],
  { width }: { readonly width: number },
): Tensor {
  const { builder } = features;
  return builder.scope('context', () => {
    const square = spaceToDepth(features, 2);
    const [, h, w] = square.shape as [number, number, number, number];
    const hint_BTNC = reshape(linear(square, 'hint', width), [batch, frames, h * w, width]);
    const conditioning_BT1C = reshape(linear(conditioning, 'told', width, { bias: false }), [
      batch,
      frames,
      1,
      width,
    ]);
    const place_NC = parameter(builder, 'positions', [h * w, width], {
      kind: 'normal',
      standardDeviation: 0.02,
    });
    return p.add(p.add(hint_BTNC, conditioning_BT1C), place_NC);
  });
}
