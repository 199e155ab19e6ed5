import type { Tensor } from '@snowglobe/graph';
import { conv2d, pointwise as p, reshape } from '@snowglobe/kernels';
import type { FrameConfig } from '../../family/frame.js';
import { linear } from '../../layers/linear.js';
import { fanIn, parameter } from '../../parameter.js';

/**
 * Shapes: B worlds, H and W pixels, A actions, C channels.
 *
 * The smallest family of worlds, for tests: the next frame is what two convolutions make of the last one and the action. No
 * codes, no latent actions, no chance, and no memory but the last frame.
 */
export interface NextFrameConfig extends FrameConfig {
  readonly actions: number;
  readonly channels: number;
}

/** The next frame (B, H, W, 3) from the last one and an action (B, A). */
export function predictNext(last_BHW3: Tensor, action_BA: Tensor, { channels }: NextFrameConfig): Tensor {
  const { builder, shape } = last_BHW3;
  return builder.scope('next-frame', () => {
    const seen = parameter(builder, 'see/filter', [3, 3, 3, channels], fanIn(27));
    const drawn = parameter(builder, 'draw/filter', [3, 3, channels, 3], fanIn(9 * channels));
    const done = reshape(linear(action_BA, 'action', channels), [shape[0]!, 1, 1, channels]);
    const hidden = p.gelu(p.add(conv2d(last_BHW3, seen), done));
    return p.add(last_BHW3, conv2d(hidden, drawn));
  });
}
