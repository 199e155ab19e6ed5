import type { Tensor } from '@snowglobe/graph';
import { pointwise as p, slice } from '@snowglobe/kernels';
import { encodePicture } from '../layers/picture_encoder.js';
import { linear } from '../layers/linear.js';

/** Shapes: B batch, A actions, M numbers of the conditioning vector. */

/** The convolutions that look at what surrounds the middle, at 1/2 and 1/4 of its side. */
const eye = [
  { shrink: 2, channels: 32 },
  { shrink: 2, channels: 64 },
] as const;

/**
 * How likely each code is in a state: logits (B, A). A state is the middle half of the picture, where the controlled thing
 * stands, and the last motion. What was done before is left out on purpose: recorded players go on with what they did,
 * and this player may do something else.
 */
export function codePrior(
  frames_BHW3: Tensor,
  last_BM: Tensor,
  { width, actions }: { readonly width: number; readonly actions: number },
): Tensor {
  const { builder, shape } = frames_BHW3;
  const [, height, across] = shape as [number, number, number, number];
  return builder.scope('prior', () => {
    const rows = slice(frames_BHW3, 1, height / 4, (3 * height) / 4);
    const middle = slice(rows, 2, across / 4, (3 * across) / 4);
    const seen = encodePicture(middle, eye, width);
    const moved = linear(last_BM, 'last', width, { bias: false });
    const hidden = p.gelu(linear(p.gelu(p.add(seen, moved)), 'hidden', width));
    return linear(hidden, 'logits', actions, { gain: 0.1 });
  });
}
