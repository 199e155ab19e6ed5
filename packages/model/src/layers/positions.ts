import type { Tensor } from '@snowglobe/graph';
import { pointwise, reshape } from '@snowglobe/kernels';
import { parameter } from '../parameter.js';
import { transformerBlock } from './transformer.js';

/** One transformer block over the positions of x_BhwC, which learn where they are. */
export function mixPositions(x_BhwC: Tensor, headWidth: number): Tensor {
  const [batch, h, w, channels] = x_BhwC.shape as [number, number, number, number];
  const place = parameter(x_BhwC.builder, 'positions', [h * w, channels], {
    kind: 'normal',
    standardDeviation: 0.02,
  });
  const placed_BNC = pointwise.add(reshape(x_BhwC, [batch, h * w, channels]), place);
  return reshape(
    transformerBlock(placed_BNC, 'eighthBlock', { heads: channels / headWidth }).x_BND,
    x_BhwC.shape,
  );
}
