import type { Tensor } from '@snowglobe/graph';
import { conv2d, pointwise as p, reshape, spaceToDepth } from '@snowglobe/kernels';
import { fanIn, parameter } from '../parameter.js';
import { linear } from './linear.js';

/** A convolution of an eye: how much smaller its picture's sides are than those before it, and its channels. */
export interface EyeLayer {
  readonly shrink: number;
  readonly channels: number;
}

/** Pictures (B, H, W, C) -> what is seen in them (B, S), by a few convolutions and one look at all positions. */
export function encodePicture(pictures_BHWC: Tensor, layers: readonly EyeLayer[], width: number): Tensor {
  const { builder } = pictures_BHWC;
  let x = pictures_BHWC;
  layers.forEach(({ shrink, channels }, i) => {
    x = spaceToDepth(x, shrink);
    const inputs = x.shape[3]!;
    x = builder.scope(`eye${i}`, () => {
      const filter = parameter(builder, 'filter', [3, 3, inputs, channels], fanIn(9 * inputs));
      return p.gelu(conv2d(x, filter, { bias: parameter(builder, 'bias', [channels], { kind: 'zeros' }) }));
    });
  });
  return linear(reshape(x, [x.shape[0]!, -1]), 'seen', width);
}
