import type { Tensor } from '@snowglobe/graph';
import { conv2d, pointwise } from '@snowglobe/kernels';
import { fanIn, parameter } from '../parameter.js';
import { linear } from './linear.js';
import { norm } from './norm.js';

/** x_BHWC + 1x1(GELU(3x3(norm(x)))): the block of the tokenizer's levels with many pixels. */
export function residualBlock(x_BHWC: Tensor, name: string): Tensor {
  const { builder } = x_BHWC;
  const channels = x_BHWC.shape.at(-1)!;
  return builder.scope(name, () => {
    const filter = parameter(builder, 'filter', [3, 3, channels, channels], fanIn(9 * channels));
    const bias = parameter(builder, 'filterBias', [channels], { kind: 'zeros' });
    const hidden = pointwise.gelu(conv2d(norm(x_BHWC, 'norm'), filter, { bias }));
    return pointwise.add(x_BHWC, linear(hidden, 'out', channels));
  });
}
