import type { Tensor } from '@snowglobe/graph';
import { gradients as reverseMode } from '@snowglobe/graph/internal';
import { broadcastTo } from './ops/broadcast/broadcast.js';
import { pad } from './ops/pad/pad.js';
import { pointwise } from './ops/pointwise/pointwise.js';
import { sumToShape } from './ops/reduce/reduce.js';

/**
 * Gradient of the scalar `loss` with respect to each tensor of `wrt`, as new nodes of the same graph.
 * @throws SnowglobeError when the loss is no scalar or an op on the way has no derivative.
 */
export function gradients(loss: Tensor, wrt: readonly Tensor[]): readonly Tensor[] {
  return reverseMode(loss, wrt, loss.builder.scalar(1), {
    add: (a, b) => pointwise.add(a, b),
    zerosLike: (x) => pointwise.mul(x, 0),
    sumToShape,
    broadcastTo,
    pad,
  });
}
